// The reader of XRBench's usage scenarios, as JSON: {scenarios: [{name, tasks}]};
// examples/published/xrbench.json is one.
#include <algorithm>
#include <cmath>

#include "app/published.h"
#include "app/published_graph.h"
#include "base/file.h"
#include "model/field_reader.h"

namespace takt {
namespace {

constexpr int kListMax = 4096;
constexpr int kOperationsMax = 12;     // of a model
constexpr uint32_t kWorkgroups = 16;   // of an operation
constexpr double kSerial = 0.05, kLittle = 0.4, kNpu = 6;

Nanos ms(Field field) { return Nanos(std::llround(field.real(0.001, 3'600'000) * 1e6)); }

class Reader {
 public:
  Reader(FieldReader& reader, const XrbenchOptions& options) : reader_(reader), options_(options) {
    made_.host = "xrbench";
    made_.soc = options.soc;
  }

  Result<PublishedWorkload> read() {
    Record record(reader_.root(), {"name", "source", "notes", "metric", "published_sample",
                                   "scenarios"});
    const Field scenarios = record.required("scenarios");
    std::string known;
    bool found = false;
    for (Field item : scenarios.items(kListMax)) {
      Record scenario(item, {"name", "tasks", "hyperperiod_ms", "demand_gmac_per_s"});
      const std::string name = scenario.required("name").name();
      known += ' ' + name;
      if (name != options_.scenario) continue;
      found = true;
      workload().name = name;
      for (Field task : scenario.required("tasks").items(kListMax)) read_task(task);
    }
    if (!found)
      scenarios.fail("there is no scenario '" + shown(options_.scenario) + "'; known:" + known);
    TAKT_TRY(reader_.status());
    set_priorities();
    return std::move(made_);
  }

 private:
  Workload& workload() { return made_.compiled.workload; }

  void read_task(Field field) {
    Record record(field, {"task", "fps", "period_ms", "deadline_rel_ms", "trigger_probability",
                          "depends_on", "layers", "gmacs_as_encoded"});
    Task task;
    task.name = record.required("task").name();
    task.period = {ms(record.required("period_ms")).ns, 1};
    task.deadline = ms(record.required("deadline_rel_ms"));
    task.criticality = Criticality::kSoft;   // a frame that is late is worth nothing, and dropped
    task.arrival_pct =
        static_cast<int>(std::lround(record.required("trigger_probability").real(0, 1) * 100));
    record.optional("fps");
    for (Field parent : record.required("depends_on").items(1)) read_trigger(parent, task);
    if (task.arrival == Arrival::kPeriodic && task.arrival_pct != 100)
      field.fail("a task with a trigger_probability depends on another");
    const auto layers = static_cast<int>(record.required("layers").integer(1, 1'000'000));
    const double gmacs = record.required("gmacs_as_encoded").real(1e-9, 1e9);
    if (!reader_.ok()) return;
    const int operations = std::min(layers, kOperationsMax);
    const std::string kernel = task.name + ".part";
    task.module = add_chain_module(task.name, std::vector<std::string>(size_t(operations), kernel),
                                   kWorkgroups, made_);
    add_costs(kernel, gmacs / operations);
    workload().tasks.push_back(std::move(task));
  }

  void read_trigger(Field parent, Task& task) {
    const std::string name = parent.name();
    const auto found = std::find_if(workload().tasks.begin(), workload().tasks.end(),
                                    [&](const Task& other) { return other.name == name; });
    if (found == workload().tasks.end())
      return parent.fail("there is no task '" + name + "' above this one");
    if (!(found->period == task.period))
      return parent.fail("has another period than the task that depends on it");
    task.arrival = Arrival::kEvent;
    task.on = TaskId(static_cast<size_t>(found - workload().tasks.begin()));
  }

  void add_costs(const std::string& kernel, double gmacs) {
    const double alone = gmacs / options_.gmacs_per_s * 1e9;
    const auto set = [&](const char* lane_class, int width, double ns) {
      const Nanos time(std::max<int64_t>(std::llround(ns), 1));
      made_.costs.set(cost_key(kernel, kWorkgroups, lane_class, width),
                      {3, time, time, time, time});
    };
    for (const int width : {1, 2, 4}) {
      const double part = kSerial + (1 - kSerial) / width;
      set("core.big", width, alone * part);
      set("core.little", width, alone * part / kLittle);
    }
    set("npu.ip", 1, alone / kNpu);
  }

  // The score is a mean over models: the least demanding is worth most for its time.
  void set_priorities() {
    std::vector<Task>& tasks = workload().tasks;
    const auto demand = [&](const Task& task) {
      const DispatchGraph& graph = made_.compiled.modules[task.module.value()].graph;
      const CostKey key = cost_key(task.name + ".part", kWorkgroups, "core.big", 1);
      return made_.costs.find(key)->median.us() * double(graph.functions[0].ops.size()) /
             task.period.length().us() * task.arrival_pct;
    };
    std::vector<size_t> order(tasks.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return demand(tasks[a]) > demand(tasks[b]); });
    for (size_t i = 0; i < order.size(); ++i) tasks[order[i]].priority = static_cast<int>(i);
    // What triggers a task is as urgent as that.
    for (size_t i = tasks.size(); i-- > 0;)
      if (tasks[i].arrival == Arrival::kEvent) {
        Task& source = tasks[tasks[i].on.value()];
        source.priority = std::max(source.priority, tasks[i].priority);
      }
  }

  FieldReader& reader_;
  const XrbenchOptions& options_;
  PublishedWorkload made_;
};

}  // namespace

Result<PublishedWorkload> read_xrbench(const std::string& path, const XrbenchOptions& options) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  TAKT_ASSIGN(const TextTree tree, parse_json_tree(text, path));
  FieldReader reader(tree);
  return Reader(reader, options).read();
}

Result<std::vector<std::string>> xrbench_scenarios(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  TAKT_ASSIGN(const TextTree tree, parse_json_tree(text, path));
  FieldReader reader(tree);
  Record record(reader.root(), {"name", "source", "notes", "metric", "published_sample",
                                "scenarios"});
  std::vector<std::string> names;
  for (Field item : record.required("scenarios").items(kListMax)) {
    Record scenario(item, {"name", "tasks", "hyperperiod_ms", "demand_gmac_per_s"});
    names.push_back(scenario.required("name").name());
  }
  TAKT_TRY(reader.status());
  return names;
}

}  // namespace takt
