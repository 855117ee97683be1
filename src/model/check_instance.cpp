// check_instance: whether an Instance is one that a solver can be given. Holds for any
// value, however broken: indices are checked before use and sums are taken in 128 bits.
#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "base/int128.h"
#include "base/time_text.h"
#include "model/instance.h"

namespace takt {
namespace {

// 2^62 ns are 146 years; the sum of two such times still fits.
constexpr int64_t kTimeMaxNs = int64_t{1} << 62;
constexpr uint32_t kNoPool = UINT32_MAX;

bool is_time(Nanos time) { return time >= Nanos(0) && time.ns <= kTimeMaxNs; }

std::string numbered(const char* what, size_t index) { return what + std::to_string(index); }

class Check {
 public:
  explicit Check(const Instance& instance) : instance_(instance) {}

  Status run() {
    TAKT_TRY(names());
    TAKT_TRY(pools());
    TAKT_TRY(links());
    TAKT_TRY(tasks());
    TAKT_TRY(jobs());
    TAKT_TRY(operations());
    TAKT_TRY(precedences());
    TAKT_TRY(acyclic());
    TAKT_TRY(chains());
    TAKT_TRY(mode_groups());
    TAKT_TRY(outages());
    TAKT_TRY(commitments());
    TAKT_TRY(committed_edges());
    TAKT_TRY(committed_lanes());
    return sums();
  }

 private:
  Error wrong(const std::string& what) const {
    return bad_input("instance '" + instance_.name + "': " + what);
  }

  Status names() const {
    std::unordered_set<std::string_view> seen;
    for (const std::string& name : instance_.lane_names)
      if (!seen.insert(name).second) return wrong("two lanes are called '" + name + "'");
    seen.clear();
    for (const InstanceTask& task : instance_.tasks)
      if (!seen.insert(task.name).second)
        return wrong("two tasks are called '" + task.name + "'");
    return {};
  }

  Status pools() {
    pool_of_.assign(instance_.lane_names.size(), kNoPool);
    place_.assign(instance_.lane_names.size(), 0);
    for (uint32_t p = 0; p < instance_.pools.size(); ++p) {
      const Pool& pool = instance_.pools[p];
      const std::string name = "pool '" + pool.name + "' ";
      if (pool.lanes.empty()) return wrong(name + "has no lane");
      for (size_t i = 0; i < pool.lanes.size(); ++i) {
        const uint32_t lane = pool.lanes[i].value();
        if (lane >= pool_of_.size()) return wrong(name + numbered("has no such lane: ", lane));
        if (i > 0 && pool.lanes[i] <= pool.lanes[i - 1])
          return wrong(name + "must list its lanes ascending and once");
        if (pool_of_[lane] != kNoPool)
          return wrong(name + "shares lane '" + instance_.lane_names[lane] + "' with pool '" +
                       instance_.pools[pool_of_[lane]].name + "'");
        pool_of_[lane] = p;
        place_[lane] = static_cast<uint32_t>(i);
      }
    }
    return {};
  }

  Status links() const {
    std::unordered_set<uint64_t> seen;
    for (size_t i = 0; i < instance_.links.size(); ++i) {
      const SiteLink& link = instance_.links[i];
      const std::string name = numbered("link ", i) + ' ';
      if (link.from == link.to) return wrong(name + "joins a site with itself");
      if (!seen.insert(uint64_t{link.from} << 32 | link.to).second)
        return wrong(name + "joins two sites that an earlier link joins");
      if (!is_time(link.latency)) return wrong(name + "has a latency out of range");
      if (link.bytes_per_us <= 0) return wrong(name + "must carry at least 1 byte per us");
    }
    return {};
  }

  Status tasks() const {
    for (const InstanceTask& task : instance_.tasks) {
      if (task.weight < 1) return wrong("task '" + task.name + "' must have a weight of 1 or more");
      if (task.jitter_max != Nanos::max() && !is_time(task.jitter_max))
        return wrong("task '" + task.name + "' has a jitter_max out of range");
    }
    return {};
  }

  Status jobs() const {
    size_t next_op = 0;
    std::vector<uint32_t> next_index(instance_.tasks.size(), 0);
    for (size_t j = 0; j < instance_.jobs.size(); ++j) {
      const Job& job = instance_.jobs[j];
      const std::string name = numbered("job ", j) + ' ';
      if (job.task.value() >= instance_.tasks.size()) return wrong(name + "has no such task");
      if (job.index != next_index[job.task.value()]++)
        return wrong(name + "is not numbered in the order of its task's jobs");
      if (job.first_op != next_op || job.op_count == 0 ||
          job.op_count > instance_.operations.size() - next_op)
        return wrong(name + "must have at least one operation, and those that follow the last "
                            "job's");
      for (const size_t end = next_op + job.op_count; next_op < end; ++next_op)
        if (instance_.operations[next_op].job != JobId(j))
          return wrong(numbered("operation ", next_op) + " says that it is not of " + name);
      if (!is_time(job.release)) return wrong(name + "has a release out of range");
      if (job.deadline != Nanos::max() && !is_time(job.deadline))
        return wrong(name + "has a deadline out of range");
    }
    if (next_op != instance_.operations.size())
      return wrong(numbered("operation ", next_op) + " belongs to no job");
    if (instance_.horizon <= Nanos(0)) return wrong("the horizon must be positive");
    if (!is_time(instance_.not_before)) return wrong("not_before is out of range");
    return {};
  }

  Status operations() const {
    for (size_t i = 0; i < instance_.operations.size(); ++i) {
      const std::vector<Mode>& modes = instance_.operations[i].modes;
      if (modes.empty()) return wrong(numbered("operation ", i) + " has no mode");
      for (size_t m = 0; m < modes.size(); ++m)
        if (const std::string fault = fault_of(modes[m]); !fault.empty())
          return wrong(numbered("operation ", i) + numbered(" mode ", m) + ' ' + fault);
    }
    return {};
  }

  std::string fault_of(const Mode& mode) const {
    if (!is_time(mode.duration) || mode.duration == Nanos(0))
      return "must take a positive time, takes " + format_time(mode.duration);
    if (mode.demands.empty()) return "demands no lane";
    for (size_t d = 0; d < mode.demands.size(); ++d) {
      const Demand& demand = mode.demands[d];
      if (demand.pool.value() >= instance_.pools.size()) return "demands a pool that is not there";
      const Pool& pool = instance_.pools[demand.pool.value()];
      if (demand.count < 1 || static_cast<size_t>(demand.count) > pool.lanes.size())
        return "demands " + std::to_string(demand.count) + " lanes of pool '" + pool.name +
               "', which has " + std::to_string(pool.lanes.size());
      for (size_t e = 0; e < d; ++e)
        if (mode.demands[e].pool == demand.pool) return "demands pool '" + pool.name + "' twice";
    }
    return {};
  }

  Status precedences() const {
    for (size_t i = 0; i < instance_.precedences.size(); ++i) {
      const Precedence& edge = instance_.precedences[i];
      const std::string name = numbered("precedence ", i) + ' ';
      if (std::max(edge.before.value(), edge.after.value()) >= instance_.operations.size())
        return wrong(name + "names an operation that is not there");
      if (!is_time(edge.delay)) return wrong(name + "has a delay out of range");
      if (edge.bytes < 0 || edge.bytes > kTimeMaxNs / 1000)
        return wrong(name + "has bytes out of range");
    }
    return {};
  }

  Status acyclic() const {
    const size_t count = instance_.operations.size();
    std::vector<uint32_t> waits(count, 0), begin(count + 1, 0), after, ready;
    for (const Precedence& edge : instance_.precedences) {
      ++waits[edge.after.value()];
      ++begin[edge.before.value() + 1];
    }
    for (size_t i = 0; i < count; ++i) begin[i + 1] += begin[i];
    after.resize(instance_.precedences.size());
    std::vector<uint32_t> next(begin.begin(), begin.end() - 1);
    for (const Precedence& edge : instance_.precedences)
      after[next[edge.before.value()]++] = edge.after.value();
    for (uint32_t i = 0; i < count; ++i)
      if (waits[i] == 0) ready.push_back(i);
    for (size_t done = 0; done < ready.size(); ++done)
      for (uint32_t e = begin[ready[done]]; e < begin[ready[done] + 1]; ++e)
        if (--waits[after[e]] == 0) ready.push_back(after[e]);
    if (ready.size() == count) return {};
    const auto stuck = std::find_if(waits.begin(), waits.end(), [](uint32_t n) { return n > 0; });
    return wrong(numbered("operation ", static_cast<size_t>(stuck - waits.begin())) +
                 " waits for itself: the precedences have a cycle");
  }

  Status chains() const {
    for (const InstanceChain& chain : instance_.chains) {
      const std::string name = "chain '" + chain.name + "' ";
      if (!is_time(chain.deadline) || chain.deadline == Nanos(0))
        return wrong(name + "must have a positive deadline");
      for (const ChainRun& run : chain.runs)
        if (std::max(run.first.value(), run.last.value()) >= instance_.jobs.size())
          return wrong(name + "names a job that is not there");
    }
    return {};
  }

  Status mode_groups() {
    group_of_.assign(instance_.operations.size(), kNoPool);
    for (uint32_t g = 0; g < instance_.mode_groups.size(); ++g) {
      const std::vector<OpId>& group = instance_.mode_groups[g];
      const std::string name = numbered("mode group ", g) + ' ';
      for (const OpId op : group) {
        if (op.value() >= instance_.operations.size())
          return wrong(name + "names an operation that is not there");
        if (group_of_[op.value()] != kNoPool)
          return wrong(name + numbered("holds operation ", op.value()) +
                       ", which a group holds already");
        if (instance_.operations[op.value()].modes.size() !=
            instance_.operations[group.front().value()].modes.size())
          return wrong(name + "holds operations with different numbers of modes");
        group_of_[op.value()] = g;
      }
    }
    return {};
  }

  Status outages() const {
    for (size_t i = 0; i < instance_.outages.size(); ++i) {
      const Outage& outage = instance_.outages[i];
      const std::string name = numbered("outage ", i) + ' ';
      if (outage.lane.value() >= instance_.lane_names.size())
        return wrong(name + "names a lane that is not there");
      if (!is_time(outage.start) || (outage.end != Nanos::max() && !is_time(outage.end)))
        return wrong(name + "has a time out of range");
      if (outage.start >= outage.end) return wrong(name + "must start before it ends");
    }
    return {};
  }

  Status commitments() {
    committed_.assign(instance_.operations.size(), nullptr);
    std::vector<const Commitment*> of_group(instance_.mode_groups.size(), nullptr);
    for (size_t i = 0; i < instance_.commitments.size(); ++i) {
      const Commitment& done = instance_.commitments[i];
      const std::string name = numbered("commitment ", i) + ' ';
      if (done.op.value() >= instance_.operations.size())
        return wrong(name + "names an operation that is not there");
      if (committed_[done.op.value()])
        return wrong(name + numbered("decides operation ", done.op.value()) + " a second time");
      committed_[done.op.value()] = &done;
      const std::vector<Mode>& modes = instance_.operations[done.op.value()].modes;
      if (!is_time(done.start)) return wrong(name + "starts at a time out of range");
      if (done.mode >= modes.size())
        return wrong(name + numbered("names a mode that is not there: ", done.mode));
      if (!fits(modes[done.mode], done.lanes))
        return wrong(name + "has lanes that are not its mode's");
      const uint32_t group = group_of_[done.op.value()];
      if (group == kNoPool) continue;
      if (of_group[group] && of_group[group]->mode != done.mode)
        return wrong(name + numbered("has another mode than others of mode group ", group));
      of_group[group] = &done;
    }
    return {};
  }

  // Pools share no lane, so counting per pool decides.
  bool fits(const Mode& mode, const std::vector<LaneId>& lanes) const {
    size_t demanded = 0;
    for (size_t i = 0; i < lanes.size(); ++i)
      if (lanes[i].value() >= pool_of_.size() || (i > 0 && lanes[i] <= lanes[i - 1])) return false;
    for (const Demand& demand : mode.demands) {
      std::vector<uint32_t> places;
      for (const LaneId lane : lanes)
        if (pool_of_[lane.value()] == demand.pool.value()) places.push_back(place_[lane.value()]);
      const auto count = static_cast<uint32_t>(demand.count);
      if (places.size() != count) return false;
      if (instance_.pools[demand.pool.value()].aligned &&
          (places.front() % count != 0 || places.back() != places.front() + count - 1))
        return false;
      demanded += count;
    }
    return demanded == lanes.size();
  }

  const Mode& mode_of(const Commitment& done) const {
    return instance_.operations[done.op.value()].modes[done.mode];
  }
  uint32_t site_of(const Commitment& done) const {
    return instance_.pools[mode_of(done).demands.front().pool.value()].site;
  }
  Int128 end_of(const Commitment& done) const {
    return Int128{done.start.ns} + mode_of(done).duration.ns;
  }

  Status committed_edges() const {
    for (const Precedence& edge : instance_.precedences) {
      const Commitment* after = committed_[edge.after.value()];
      if (!after) continue;
      const Commitment* before = committed_[edge.before.value()];
      const std::string name = numbered("operation ", edge.after.value()) + " is committed";
      if (!before)
        return wrong(name + numbered(", but operation ", edge.before.value()) +
                     " before it is not");
      const Int128 ready = end_of(*before) + edge.delay.ns + transfer_ns(*before, *after, edge);
      if (after->start.ns < ready)
        return wrong(name + numbered(" to start before operation ", edge.before.value()) +
                     " has ended and its data has come");
    }
    return {};
  }

  Int128 transfer_ns(const Commitment& before, const Commitment& after,
                     const Precedence& edge) const {
    for (const SiteLink& link : instance_.links)
      if (link.from == site_of(before) && link.to == site_of(after))
        return link.latency.ns +
               (Int128{edge.bytes} * 1000 + link.bytes_per_us - 1) / link.bytes_per_us;
    return 0;
  }

  Status committed_lanes() const {
    struct Use {
      LaneId lane;
      const Commitment* done;
    };
    std::vector<Use> uses;
    for (const Commitment& done : instance_.commitments)
      for (const LaneId lane : done.lanes) uses.push_back({lane, &done});
    std::sort(uses.begin(), uses.end(), [](const Use& a, const Use& b) {
      return std::pair(a.lane, a.done->start) < std::pair(b.lane, b.done->start);
    });
    for (size_t i = 1; i < uses.size(); ++i)
      if (uses[i].lane == uses[i - 1].lane && uses[i].done->start.ns < end_of(*uses[i - 1].done))
        return wrong(numbered("operations ", uses[i - 1].done->op.value()) +
                     numbered(" and ", uses[i].done->op.value()) +
                     " are both committed to lane '" +
                     instance_.lane_names[uses[i].lane.value()] + "' at one time");
    return {};
  }

  // When the last operation ends if all run one after another, behind everything that is fixed.
  Int128 serial_span_ns() const {
    Int128 fixed = instance_.not_before.ns, total = 0;
    for (const Job& job : instance_.jobs) fixed = std::max<Int128>(fixed, job.release.ns);
    for (const Commitment& done : instance_.commitments) fixed = std::max(fixed, end_of(done));
    for (const Outage& outage : instance_.outages)
      if (outage.end != Nanos::max()) fixed = std::max<Int128>(fixed, outage.end.ns);
    for (const Operation& op : instance_.operations) {
      Nanos longest;
      for (const Mode& mode : op.modes) longest = std::max(longest, mode.duration);
      total += longest.ns;
    }
    int64_t latency = 0, rate = INT64_MAX;
    for (const SiteLink& link : instance_.links) {
      latency = std::max(latency, link.latency.ns);
      rate = std::min(rate, link.bytes_per_us);
    }
    for (const Precedence& edge : instance_.precedences)
      total += Int128{edge.delay.ns} + latency +
               (instance_.links.empty() ? 0 : Int128{edge.bytes} * 1000 / rate + 1);
    return fixed + total;
  }

  // Whether every level of every sensible schedule fits in 63 bits: solvers add without care.
  Status sums() const {
    const Int128 span = serial_span_ns();
    const Error too_large = wrong("its times, weights or sizes are too large to add up");
    if (span > kTimeMaxNs) return too_large;
    Int128 weights = 0, ppm = 0;
    for (const Job& job : instance_.jobs) {
      weights += instance_.tasks[job.task.value()].weight;
      if (job.deadline != Nanos::max())
        ppm += span * 1'000'000 / std::max<int64_t>(job.deadline.ns - job.release.ns, 1);
    }
    for (const InstanceChain& chain : instance_.chains)
      ppm = std::max(ppm, span * 1'000'000 / chain.deadline.ns);
    const Int128 lanes = static_cast<Int128>(instance_.lane_names.size());
    const Int128 ops = static_cast<Int128>(instance_.operations.size());
    const Int128 most = std::max({weights, lanes, ops, Int128{1}});
    if (most > kTimeMaxNs / std::max<Int128>(span, 1) || ppm > kTimeMaxNs) return too_large;
    return {};
  }

  const Instance& instance_;
  std::vector<uint32_t> pool_of_, place_;   // per lane: its pool, its place in it
  std::vector<uint32_t> group_of_;          // per operation: its mode group, or kNoPool
  std::vector<const Commitment*> committed_;
};

}  // namespace

Status check_instance(const Instance& instance) { return Check(instance).run(); }

}  // namespace takt
