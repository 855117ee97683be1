#include "model/workload.h"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/time_text.h"
#include "model/field_reader.h"

namespace takt {
namespace {

constexpr std::string_view kFormat = "takt-workload";
constexpr int kVersion = 1;
constexpr size_t kListMax = 4096;
constexpr Nanos kTimeMax = seconds(3600);
constexpr int64_t kWeightMax = 1'000'000;
constexpr DataEdge::Mode kEdgeModes[] = {DataEdge::Mode::kEvery, DataEdge::Mode::kLatest};

// The names of a list of records and where each stands, for references between lists.
template <class T>
std::optional<uint32_t> find_named(const std::vector<T>& all, const std::string& name) {
  for (uint32_t i = 0; i < all.size(); ++i)
    if (all[i].name == name) return i;
  return std::nullopt;
}

template <class T>
uint32_t read_reference(Field field, const std::vector<T>& all, const char* what) {
  const std::string name = field.name();
  if (!field.present()) return 0;
  if (const auto index = find_named(all, name)) return *index;
  std::string known;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i == 20) {
      known += " ...";
      break;
    }
    known += ' ' + all[i].name;
  }
  field.fail("there is no " + std::string(what) + " '" + name + "'; known:" + known);
  return 0;
}

template <class T, class Read>
void read_named(Field list, std::vector<T>& out, Read read) {
  const std::vector<Field> items = list.items(kListMax);
  std::vector<std::string> names;
  for (Field item : items) {
    if (!item.present()) break;
    out.push_back(read(item));
    names.push_back(out.back().name);
  }
  check_unique(items, names);
}

WorkloadModule read_module(Field field, const std::string& workload_path) {
  Record record(field, {"name", "path", "function"});
  WorkloadModule module;
  module.name = record.required("name").name();
  const Field path_field = record.required("path");
  const std::string path = path_field.text();
  if (path.empty()) path_field.fail("must be the path of a .mlir or .vmfb file, is empty");
  if (path.find('\0') != path.npos) path_field.fail("must not contain a zero byte");
  std::error_code ignored;
  const auto base = std::filesystem::absolute(workload_path, ignored).parent_path();
  module.path = (base / path).lexically_normal().string();
  if (const Field function = record.optional("function"); function.present())
    module.function = function.text();
  return module;
}

Task read_task(Field field, const Workload& workload) {
  Record record(field, {"name", "module", "period", "rate", "phase", "deadline", "criticality",
                        "priority", "weight", "jitter"});
  Task task;
  task.name = record.required("name").name();
  task.module = ModuleId(read_reference(record.required("module"), workload.modules, "module"));
  task.period = read_period(field, record.optional("period"), record.optional("rate"));
  if (const Field phase = record.optional("phase"); phase.present())
    task.phase = phase.time(Nanos(0), task.period.length() - Nanos(1));
  const Field deadline = record.optional("deadline");
  task.deadline = deadline.present() ? deadline.time(Nanos(1), kTimeMax) : task.period.length();
  if (const Field criticality = record.optional("criticality"); criticality.present())
    task.criticality = criticality.choice(kCriticalities);
  if (const Field priority = record.optional("priority"); priority.present())
    task.priority = static_cast<int>(priority.integer(-1'000'000, 1'000'000));
  if (const Field weight = record.optional("weight"); weight.present())
    task.weight = weight.integer(1, kWeightMax);
  if (const Field jitter = record.optional("jitter"); jitter.present())
    task.jitter = jitter.time(Nanos(0), kTimeMax);
  return task;
}

Chain read_chain(Field field, const Workload& workload) {
  Record record(field, {"name", "tasks", "deadline"});
  Chain chain;
  chain.name = record.required("name").name();
  const Field tasks = record.required("tasks");
  for (Field item : tasks.items(kListMax)) {
    const TaskId task(read_reference(item, workload.tasks, "task"));
    if (std::find(chain.tasks.begin(), chain.tasks.end(), task) != chain.tasks.end())
      item.fail("the task is already in this chain; a chain visits a task once");
    chain.tasks.push_back(task);
  }
  if (chain.tasks.size() < 2) tasks.fail("a chain needs at least two tasks");
  chain.deadline = record.required("deadline").time(Nanos(1), kTimeMax);
  return chain;
}

DataEdge read_edge(Field field, const Workload& workload) {
  Record record(field, {"from", "to", "mode"});
  DataEdge edge;
  edge.from = TaskId(read_reference(record.required("from"), workload.tasks, "task"));
  edge.to = TaskId(read_reference(record.required("to"), workload.tasks, "task"));
  if (edge.from == edge.to) field.fail("a task cannot feed itself; keep its state in the module");
  if (const Field mode = record.optional("mode"); mode.present())
    edge.mode = mode.choice(kEdgeModes);
  return edge;
}

// Removes tasks that nothing waits for (or that wait for nothing) until none is left to
// remove; what stays lies on a cycle of `every` edges, or between two.
std::vector<char> tasks_on_cycles(const Workload& workload) {
  std::vector<char> stays(workload.tasks.size(), 1);
  for (bool changed = true; changed;) {
    changed = false;
    std::vector<char> waits(stays.size(), 0), is_waited_for(stays.size(), 0);
    for (const DataEdge& edge : workload.edges) {
      if (edge.mode != DataEdge::Mode::kEvery) continue;
      if (!stays[edge.from.value()] || !stays[edge.to.value()]) continue;
      waits[edge.to.value()] = is_waited_for[edge.from.value()] = 1;
    }
    for (size_t i = 0; i < stays.size(); ++i)
      if (stays[i] && !(waits[i] && is_waited_for[i])) stays[i] = 0, changed = true;
  }
  return stays;
}

void check_edges(const std::vector<Field>& fields, const Workload& workload) {
  std::set<std::pair<TaskId, TaskId>> seen;
  for (size_t i = 0; i < fields.size() && i < workload.edges.size(); ++i)
    if (!seen.emplace(workload.edges[i].from, workload.edges[i].to).second)
      fields[i].fail("this edge is given twice");
  if (!fields.empty() && !fields[0].present()) return;
  const std::vector<char> on_cycle = tasks_on_cycles(workload);
  for (size_t i = 0; i < fields.size(); ++i) {
    const DataEdge& edge = workload.edges[i];
    if (edge.mode == DataEdge::Mode::kEvery && on_cycle[edge.from.value()] &&
        on_cycle[edge.to.value()])
      fields[i].fail("is part of a cycle of `every` edges, whose jobs would wait for each other "
                     "forever; make one of them `mode: latest`");
  }
}

std::vector<Field> optional_items(Field field) {
  return field.present() ? field.items(kListMax) : std::vector<Field>();
}

void write_modules(const Workload& workload, YAML::Emitter& yaml) {
  yaml << YAML::Key << "modules" << YAML::Value << YAML::BeginSeq;
  for (const WorkloadModule& module : workload.modules)
    yaml << YAML::BeginMap << YAML::Key << "name" << YAML::Value << module.name << YAML::Key
         << "path" << YAML::Value << YAML::DoubleQuoted << module.path << YAML::Key << "function"
         << YAML::Value << YAML::DoubleQuoted << module.function << YAML::EndMap;
  yaml << YAML::EndSeq;
}

void write_tasks(const Workload& workload, YAML::Emitter& yaml) {
  yaml << YAML::Key << "tasks" << YAML::Value << YAML::BeginSeq;
  for (const Task& task : workload.tasks) {
    const auto [period_key, period] = period_text(task.period);
    yaml << YAML::BeginMap << YAML::Key << "name" << YAML::Value << task.name << YAML::Key
         << "module" << YAML::Value << workload.modules[task.module.value()].name << YAML::Key
         << period_key << YAML::Value << period << YAML::Key << "phase" << YAML::Value
         << format_time(task.phase) << YAML::Key << "deadline" << YAML::Value
         << format_time(task.deadline) << YAML::Key << "criticality" << YAML::Value
         << std::string(name_of(task.criticality)) << YAML::Key << "priority" << YAML::Value
         << task.priority;
    if (task.weight != 1) yaml << YAML::Key << "weight" << YAML::Value << task.weight;
    if (task.jitter != Nanos::max())
      yaml << YAML::Key << "jitter" << YAML::Value << format_time(task.jitter);
    yaml << YAML::EndMap;
  }
  yaml << YAML::EndSeq;
}

void write_chains(const Workload& workload, YAML::Emitter& yaml) {
  yaml << YAML::Key << "chains" << YAML::Value << YAML::BeginSeq;
  for (const Chain& chain : workload.chains) {
    yaml << YAML::BeginMap << YAML::Key << "name" << YAML::Value << chain.name << YAML::Key
         << "tasks" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const TaskId task : chain.tasks) yaml << workload.tasks[task.value()].name;
    yaml << YAML::EndSeq << YAML::Key << "deadline" << YAML::Value
         << format_time(chain.deadline) << YAML::EndMap;
  }
  yaml << YAML::EndSeq;
}

void write_edges(const Workload& workload, YAML::Emitter& yaml) {
  yaml << YAML::Key << "edges" << YAML::Value << YAML::BeginSeq;
  for (const DataEdge& edge : workload.edges)
    yaml << YAML::Flow << YAML::BeginMap << YAML::Key << "from" << YAML::Value
         << workload.tasks[edge.from.value()].name << YAML::Key << "to" << YAML::Value
         << workload.tasks[edge.to.value()].name << YAML::Key << "mode" << YAML::Value
         << std::string(name_of(edge.mode)) << YAML::EndMap;
  yaml << YAML::EndSeq;
}

}  // namespace

std::string_view name_of(Criticality criticality) {
  switch (criticality) {
    case Criticality::kHard: return "hard";
    case Criticality::kFirm: return "firm";
    case Criticality::kSoft: return "soft";
    case Criticality::kBestEffort: return "best-effort";
  }
  return "";
}

std::string_view name_of(DataEdge::Mode mode) {
  return mode == DataEdge::Mode::kEvery ? "every" : "latest";
}

Result<Workload> parse_workload(std::string_view text, const std::string& path) {
  TAKT_ASSIGN(const TextTree tree, parse_yaml_tree(text, path));
  FieldReader reader(tree);
  reader.expect_format(kFormat, kVersion);
  Record record(reader.root(),
                {"format", "version", "name", "modules", "tasks", "chains", "edges"});
  Workload workload;
  workload.name = record.required("name").name();
  const Field modules = record.required("modules");
  read_named(modules, workload.modules, [&](Field field) { return read_module(field, path); });
  if (workload.modules.empty()) modules.fail("a workload needs at least one module");
  const Field tasks = record.required("tasks");
  read_named(tasks, workload.tasks, [&](Field field) { return read_task(field, workload); });
  if (workload.tasks.empty()) tasks.fail("a workload needs at least one task");
  if (const Field chains = record.optional("chains"); chains.present())
    read_named(chains, workload.chains, [&](Field field) { return read_chain(field, workload); });
  const std::vector<Field> edges = optional_items(record.optional("edges"));
  for (Field item : edges) workload.edges.push_back(read_edge(item, workload));
  check_edges(edges, workload);
  TAKT_TRY(reader.status());
  return workload;
}

Result<Workload> read_workload(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  return parse_workload(text, path);
}

std::string write_workload(const Workload& workload) {
  YAML::Emitter yaml;
  yaml << YAML::BeginMap << YAML::Key << "format" << YAML::Value << std::string(kFormat)
       << YAML::Key << "version" << YAML::Value << kVersion << YAML::Key << "name" << YAML::Value
       << workload.name;
  write_modules(workload, yaml);
  write_tasks(workload, yaml);
  if (!workload.chains.empty()) write_chains(workload, yaml);
  if (!workload.edges.empty()) write_edges(workload, yaml);
  yaml << YAML::EndMap;
  return std::string(yaml.c_str()) + '\n';
}

}  // namespace takt
