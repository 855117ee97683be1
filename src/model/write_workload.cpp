// The writer of workload.yaml: what parse_workload() reads back unchanged.
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include "base/time_text.h"
#include "model/workload.h"

namespace takt {
namespace {

class Writer {
 public:
  explicit Writer(const Workload& workload) : workload_(workload) {}

  std::string write() {
    yaml_ << YAML::BeginMap;
    field("format", std::string("takt-workload"));
    field("version", Workload::kVersion);
    field("name", workload_.name);
    field("window", format_time(workload_.window));
    list("modules", workload_.modules, [this](const WorkloadModule& m) { module(m); });
    list("tasks", workload_.tasks, [this](const Task& t) { task(t); });
    if (!workload_.chains.empty())
      list("chains", workload_.chains, [this](const Chain& c) { chain(c); });
    if (!workload_.edges.empty())
      list("edges", workload_.edges, [this](const DataEdge& e) { edge(e); });
    if (!workload_.modes.empty())
      list("modes", workload_.modes, [this](const MissionMode& m) { mode(m); });
    if (!workload_.throttling.empty())
      list("throttling", workload_.throttling, [this](const Throttling& t) { throttling(t); });
    if (workload_.energy != Energy::kPerformance)
      field("energy", std::string(name_of(workload_.energy)));
    yaml_ << YAML::EndMap;
    return std::string(yaml_.c_str()) + '\n';
  }

 private:
  template <class T>
  void field(const char* key, const T& value) {
    yaml_ << YAML::Key << key << YAML::Value << value;
  }

  template <class T, class Write>
  void list(const char* key, const std::vector<T>& all, Write write) {
    yaml_ << YAML::Key << key << YAML::Value << YAML::BeginSeq;
    for (const T& one : all) {
      yaml_ << YAML::BeginMap;
      write(one);
      yaml_ << YAML::EndMap;
    }
    yaml_ << YAML::EndSeq;
  }

  const std::string& name(TaskId task) const { return workload_.tasks[task.value()].name; }

  void names(const char* key, const std::vector<TaskId>& tasks) {
    yaml_ << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const TaskId task : tasks) yaml_ << name(task);
    yaml_ << YAML::EndSeq;
  }

  void module(const WorkloadModule& module) {
    field("name", module.name);
    yaml_ << YAML::Key << "path" << YAML::Value << YAML::DoubleQuoted << module.path << YAML::Key
          << "function" << YAML::Value << YAML::DoubleQuoted << module.function;
  }

  void arrival(const Task& task) {
    switch (task.arrival) {
      case Arrival::kPeriodic: {
        const auto [key, value] = period_text(task.period);
        field(key.c_str(), value);
        field("phase", format_time(task.phase));
        return;
      }
      case Arrival::kSporadic:
        field("min_separation", format_period(task.period));
        field("phase", format_time(task.phase));
        break;
      case Arrival::kEvent:
        field("on", name(task.on));
        break;
    }
    if (task.arrival_pct != 100) field("arrival_pct", task.arrival_pct);
  }

  void task(const Task& task) {
    field("name", task.name);
    field("module", workload_.modules[task.module.value()].name);
    arrival(task);
    field("deadline", format_time(task.deadline));
    field("criticality", std::string(name_of(task.criticality)));
    if (task.overrun) field("overrun", std::string(name_of(*task.overrun)));
    field("priority", task.priority);
    if (task.weight != 1) field("weight", task.weight);
    if (task.jitter != Nanos::max()) field("jitter", format_time(task.jitter));
  }

  void chain(const Chain& chain) {
    field("name", chain.name);
    names("tasks", chain.tasks);
    field("deadline", format_time(chain.deadline));
  }

  void edge(const DataEdge& edge) {
    field("from", name(edge.from));
    field("to", name(edge.to));
    field("mode", std::string(name_of(edge.mode)));
    if (edge.buffer > 0) field("buffer", edge.buffer);
    if (edge.staleness != Nanos::max()) field("staleness", format_time(edge.staleness));
  }

  void mode(const MissionMode& mode) {
    field("name", mode.name);
    names("tasks", mode.tasks);
    if (mode.rates.empty()) return;
    list("rates", mode.rates, [this](const MissionMode::Rate& rate) {
      field("task", name(rate.task));
      const auto [key, value] = period_text(rate.period);
      field(key.c_str(), value);
    });
  }

  void throttling(const Throttling& throttling) {
    field("at", format_time(throttling.at));
    field("cluster", throttling.cluster);
    field("pct", throttling.pct);
  }

  const Workload& workload_;
  YAML::Emitter yaml_;
};

}  // namespace

std::string write_workload(const Workload& workload) { return Writer(workload).write(); }

}  // namespace takt
