#include "model/shop_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <numeric>
#include <utility>
#include <vector>

#include "base/file.h"
#include "model/text_tree.h"

namespace takt {
namespace {

constexpr int64_t kMachinesMax = 1 << 16;
constexpr int64_t kCountMax = 10'000'000;                // of anything else
constexpr int64_t kTimeMax = 1'000'000'000'000;

struct Word {
  std::string_view text;
  uint32_t line = 1;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (uint32_t line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    constexpr std::string_view kSpace = " \t\r\v\f";
    for (size_t at = 0; (at = rest.find_first_not_of(kSpace)) != rest.npos;) {
      rest.remove_prefix(at);
      if (rest.front() == '#') break;
      const size_t size = std::min(rest.find_first_of(kSpace), rest.size());
      words.push_back({rest.substr(0, size), line});
      rest.remove_prefix(size);
    }
  }
  return words;
}

// Takes the numbers of a file one by one and keeps the first thing that is wrong; after that
// every number is the least allowed one.
class Numbers {
 public:
  Numbers(std::string_view text, std::string path)
      : path_(std::move(path)), words_(words_of(text)) {}

  int64_t next(const std::string& what, int64_t min, int64_t max) {
    if (!ok()) return min;
    if (at_ == words_.size()) {
      fail("the file ends where " + what + " should stand");
      return min;
    }
    const std::string_view text = words_[at_].text;
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) {
      fail(what + " must be an integer from " + std::to_string(min) + " to " +
           std::to_string(max) + ", is '" + shown(text) + '\'');
      return min;
    }
    ++at_;
    return value;
  }

  // Skips one word if it is the last of the line that the word before it stands on.
  void skip_end_of_line() {
    if (!ok() || at_ == words_.size() || words_[at_].line != words_[at_ - 1].line) return;
    if (at_ + 1 == words_.size() || words_[at_ + 1].line != words_[at_].line) ++at_;
  }

  void expect_end() {
    if (ok() && at_ < words_.size())
      fail("'" + shown(words_[at_].text) + "' stands behind the last operation; the counts above "
           "say that there are fewer");
  }

  uint32_t line() const {
    return words_.empty() ? 1 : words_[std::min(at_, words_.size() - 1)].line;
  }
  void fail(const std::string& what) { fail_at(line(), what); }
  void fail_at(uint32_t line, const std::string& what) {
    if (ok()) error_ = path_ + ':' + std::to_string(line) + ": " + what;
  }
  bool ok() const { return error_.empty(); }
  Status status() const {
    if (!ok()) return bad_input(error_);
    return {};
  }

 private:
  std::string path_;
  std::vector<Word> words_;
  size_t at_ = 0;
  std::string error_;
};

void add_machines(int64_t count, int first, Instance& instance) {
  for (uint32_t i = 0; i < count; ++i) {
    instance.lane_names.push_back("machine" + std::to_string(static_cast<int>(i) + first));
    instance.pools.push_back({instance.lane_names.back(), {LaneId(i)}});
  }
}

void add_job(Instance& instance) {
  const JobId job(instance.jobs.size());
  InstanceTask task;
  task.name = "job" + std::to_string(job.value());
  instance.tasks.push_back(std::move(task));
  instance.jobs.push_back({TaskId(job.value()), 0, Nanos(0), Nanos::max(),
                           static_cast<uint32_t>(instance.operations.size()), 0});
}

// Of the last job.
void add_operation(std::vector<Mode> modes, Instance& instance) {
  Operation operation;
  operation.job = JobId(instance.jobs.size() - 1);
  operation.graph_op = instance.jobs.back().op_count++;
  operation.modes = std::move(modes);
  instance.operations.push_back(std::move(operation));
}

Mode read_mode(Numbers& numbers, int first, const Instance& instance) {
  const auto machines = static_cast<int64_t>(instance.pools.size());
  const int64_t machine = numbers.next("a machine", first, machines - 1 + first);
  const Nanos time(numbers.next("the time of an operation", 1, kTimeMax));
  return {{{PoolId(static_cast<uint32_t>(machine - first)), 1}}, "default", time};
}

std::vector<Mode> read_modes(Numbers& numbers, int first, const Instance& instance) {
  std::vector<Mode> modes;
  for (int64_t i = numbers.next("the number of alternatives", 1, kCountMax);
       i-- > 0 && numbers.ok();)
    modes.push_back(read_mode(numbers, first, instance));
  return modes;
}

void chain_up_jobs(Instance& instance) {
  for (const Job& job : instance.jobs)
    for (uint32_t i = 1; i < job.op_count; ++i)
      instance.precedences.push_back(
          {OpId(job.first_op + i - 1), OpId(job.first_op + i), Nanos(0)});
}

void read_flexible(Numbers& numbers, Instance& instance) {
  const int64_t jobs = numbers.next("the number of jobs", 1, kCountMax);
  add_machines(numbers.next("the number of machines", 1, kMachinesMax), 1, instance);
  numbers.skip_end_of_line();
  for (int64_t j = 0; j < jobs && numbers.ok(); ++j) {
    add_job(instance);
    for (int64_t i = numbers.next("the number of operations of a job", 1, kCountMax);
         i-- > 0 && numbers.ok();)
      add_operation(read_modes(numbers, 1, instance), instance);
  }
  chain_up_jobs(instance);
}

void read_classic(Numbers& numbers, Instance& instance) {
  const int64_t jobs = numbers.next("the number of jobs", 1, kCountMax);
  const int64_t machines = numbers.next("the number of machines", 1, kMachinesMax);
  add_machines(machines, 0, instance);
  for (int64_t j = 0; j < jobs && numbers.ok(); ++j) {
    add_job(instance);
    for (int64_t i = 0; i < machines && numbers.ok(); ++i)
      add_operation({read_mode(numbers, 0, instance)}, instance);
  }
  chain_up_jobs(instance);
}

// A precedence of a .txt file.
struct Edge {
  uint32_t before, after, line;
};

void check_acyclic(const std::vector<Edge>& edges, size_t operations, Numbers& numbers) {
  std::vector<std::vector<uint32_t>> successors(operations);
  std::vector<uint32_t> waits(operations, 0), ready;
  for (const Edge& edge : edges) {
    successors[edge.before].push_back(edge.after);
    ++waits[edge.after];
  }
  for (uint32_t i = 0; i < operations; ++i)
    if (waits[i] == 0) ready.push_back(i);
  for (size_t done = 0; done < ready.size(); ++done)
    for (const uint32_t after : successors[ready[done]])
      if (--waits[after] == 0) ready.push_back(after);
  for (const Edge& edge : edges)
    if (waits[edge.before] > 0 && waits[edge.after] > 0)
      return numbers.fail_at(edge.line, "the precedences have a cycle: operation " +
                                            std::to_string(edge.before) +
                                            " waits for one that waits for itself");
}

// Per operation the least one of its job: operations are of one job if a path of edges, in
// whatever direction, joins them.
std::vector<uint32_t> jobs_by_edges(const std::vector<Edge>& edges, size_t operations) {
  std::vector<uint32_t> root(operations);
  std::iota(root.begin(), root.end(), 0u);
  const auto find = [&](uint32_t op) {
    while (root[op] != op) op = root[op] = root[root[op]];
    return op;
  };
  for (const Edge& edge : edges) {
    const uint32_t a = find(edge.before), b = find(edge.after);
    root[std::max(a, b)] = std::min(a, b);
  }
  for (uint32_t op = 0; op < operations; ++op) root[op] = find(op);
  return root;
}

void read_dag(Numbers& numbers, Instance& instance) {
  const int64_t operations = numbers.next("the number of operations", 1, kCountMax);
  const int64_t precedences = numbers.next("the number of precedences", 0, kCountMax);
  add_machines(numbers.next("the number of machines", 1, kMachinesMax), 0, instance);
  std::vector<Edge> edges;
  for (int64_t i = 0; i < precedences && numbers.ok(); ++i) {
    const uint32_t line = numbers.line();
    const int64_t before = numbers.next("an operation", 0, operations - 1);
    const int64_t after = numbers.next("an operation", 0, operations - 1);
    edges.push_back({static_cast<uint32_t>(before), static_cast<uint32_t>(after), line});
  }
  std::vector<std::vector<Mode>> modes;
  for (int64_t i = 0; i < operations && numbers.ok(); ++i)
    modes.push_back(read_modes(numbers, 0, instance));
  if (!numbers.ok()) return;
  check_acyclic(edges, modes.size(), numbers);

  const std::vector<uint32_t> root = jobs_by_edges(edges, modes.size());
  std::vector<uint32_t> order(modes.size()), place(modes.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return root[a] < root[b]; });
  for (uint32_t i = 0; i < order.size(); ++i) {
    if (root[order[i]] == order[i]) add_job(instance);
    add_operation(std::move(modes[order[i]]), instance);
    place[order[i]] = i;
  }
  for (const Edge& edge : edges)
    instance.precedences.push_back({OpId(place[edge.before]), OpId(place[edge.after]), Nanos(0)});
}

}  // namespace

Result<Instance> parse_shop(std::string_view text, const std::string& path) {
  const std::filesystem::path file(path);
  Instance instance;
  instance.name = file.stem().string();
  Numbers numbers(text, path);
  if (file.extension() == ".fjs")
    read_flexible(numbers, instance);
  else if (file.extension() == ".jsp")
    read_classic(numbers, instance);
  else if (file.extension() == ".txt")
    read_dag(numbers, instance);
  else
    return bad_input(path + ": a published instance is a .fjs, .jsp or .txt file");
  numbers.expect_end();
  TAKT_TRY(numbers.status());
  if (const Status status = check_instance(instance); !status.ok())
    return bad_input(path + ":1: " + status.error().message);
  return instance;
}

Result<Instance> read_shop(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  return parse_shop(text, path);
}

}  // namespace takt
