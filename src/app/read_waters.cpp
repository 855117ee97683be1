// The reader of WATERS 2019's numbers, as JSON: {pus, tasks, runnables, data_edges,
// chains_of_interest}; examples/published/waters2019.json is one.
#include <algorithm>
#include <cmath>

#include "app/published.h"
#include "app/published_graph.h"
#include "base/file.h"
#include "model/field_reader.h"

namespace takt {
namespace {

constexpr double kMsMax = 3'600'000;
constexpr int kNamesMax = 4096;

Nanos ms(Field field) { return Nanos(std::llround(field.real(0.000'001, kMsMax) * 1e6)); }

class Reader {
 public:
  explicit Reader(FieldReader& reader) : reader_(reader) { made_.host = "waters2019"; }

  Result<PublishedWorkload> read() {
    Record record(reader_.root(),
                  {"name", "source", "notes", "pus", "tasks", "runnables", "data_edges",
                   "chains_of_interest", "hyperperiod_ms", "utilisation",
                   "crosscheck_period_ms_wcet_ms"});
    workload().name = "waters2019";
    read_pus(record.required("pus"));
    read_runnables(record.required("runnables"));
    for (Field task : record.required("tasks").items(kNamesMax)) read_task(task);
    for (Field edge : record.required("data_edges").items(kNamesMax)) {
      const std::vector<TaskId> ends = names(edge);
      if (ends.size() != 2) edge.fail("an edge joins two tasks");
      if (reader_.ok())
        workload().edges.push_back({ends[0], ends[1], DataEdge::Mode::kLatest});
    }
    for (Field chain : record.required("chains_of_interest").items(kNamesMax)) read_chain(chain);
    TAKT_TRY(reader_.status());
    return std::move(made_);
  }

 private:
  Workload& workload() { return made_.compiled.workload; }

  // A class of cores per processing unit; the GPU is one too: its tasks leave their core.
  void read_pus(Field pus) {
    made_.soc.name = "tx2";
    for (const auto& [name, count] : pus.fields())
      made_.soc.clusters.push_back(
          {name, name, static_cast<int>(count.integer(1, 64)), {}, {}});
    derive_lanes(made_.soc);
  }

  void read_runnables(Field runnables) {
    for (const auto& [name, field] : runnables.fields()) {
      Record record(field, {"reads", "writes", "exec"});
      kernels_.push_back(name);
      for (const auto& [pu, exec] : record.required("exec").fields()) {
        Record times(exec, {"ticks_avg", "ticks_min", "ticks_max", "ms_avg", "ms_min", "ms_max"});
        const Nanos least = ms(times.required("ms_min")), mean = ms(times.required("ms_avg"));
        const Nanos most = ms(times.required("ms_max"));
        if (least > mean || mean > most) exec.fail("ms_min, ms_avg and ms_max must ascend");
        made_.costs.set(cost_key(name, 1, pu, 1), {3, least, mean, most, most});
      }
    }
  }

  void read_task(Field field) {
    Record record(field, {"task", "period_ms", "deadline_ms", "runnables"});
    Task task;
    task.name = record.required("task").name();
    task.period = {ms(record.required("period_ms")).ns, 1};
    task.deadline = ms(record.required("deadline_ms"));
    task.criticality = Criticality::kHard;
    std::vector<std::string> kernels;
    const Field runnables = record.required("runnables");
    for (Field item : runnables.items(kNamesMax)) {
      kernels.push_back(item.name());
      if (std::find(kernels_.begin(), kernels_.end(), kernels.back()) == kernels_.end())
        item.fail("there is no runnable '" + kernels.back() + "'");
    }
    if (kernels.empty()) runnables.fail("a task needs at least one runnable");
    if (!reader_.ok()) return;
    task.module = add_chain_module(task.name, kernels, 1, made_);
    workload().tasks.push_back(std::move(task));
  }

  std::vector<TaskId> names(Field list) {
    std::vector<TaskId> ids;
    for (Field item : list.items(kNamesMax)) {
      const std::string name = item.name();
      const auto found = std::find_if(workload().tasks.begin(), workload().tasks.end(),
                                      [&](const Task& task) { return task.name == name; });
      if (found == workload().tasks.end()) item.fail("there is no task '" + name + "'");
      ids.push_back(TaskId(static_cast<size_t>(found - workload().tasks.begin())));
    }
    return ids;
  }

  void read_chain(Field field) {
    Chain chain;
    chain.tasks = names(field);
    if (!reader_.ok()) return;
    for (const TaskId id : chain.tasks) {
      const Task& task = workload().tasks[id.value()];
      chain.deadline += task.period.length() + task.deadline;
    }
    chain.name = "from-" + workload().tasks[chain.tasks.front().value()].name;
    workload().chains.push_back(std::move(chain));
  }

  FieldReader& reader_;
  PublishedWorkload made_;
  std::vector<std::string> kernels_;
};

}  // namespace

Result<PublishedWorkload> read_waters2019(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  TAKT_ASSIGN(const TextTree tree, parse_json_tree(text, path));
  FieldReader reader(tree);
  return Reader(reader).read();
}

}  // namespace takt
