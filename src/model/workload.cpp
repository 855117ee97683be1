#include "model/workload.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "model/field_reader.h"

namespace takt {
namespace {

constexpr std::string_view kFormat = "takt-workload";
constexpr size_t kListMax = 4096;
constexpr Nanos kTimeMax = seconds(3600);
constexpr int64_t kWeightMax = 1'000'000;
constexpr Nanos kWindowMin = micros(100);
constexpr int kBufferMax = 1024;
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

// When jobs come: exactly one of the fields period, rate, min_separation and `on`.
void read_arrival(Field field, Record& record, const Workload& workload, Task& task) {
  const Field period = record.optional("period"), rate = record.optional("rate");
  const Field separation = record.optional("min_separation"), on = record.optional("on");
  if (!field.present()) return;
  if (period.present() + rate.present() + separation.present() + on.present() != 1)
    field.fail("a task needs either a period (5ms) or a rate (in Hz, 200), or min_separation "
               "(5ms, sporadic), or on (a task whose jobs trigger it); one of them");
  const Field phase = record.optional("phase"), pct = record.optional("arrival_pct");
  if (on.present()) {
    task.arrival = Arrival::kEvent;
    task.on = TaskId(read_reference(on, workload.tasks, "task above this one"));
    if (!on.present()) return;
    task.period = workload.tasks[task.on.value()].period;
    task.phase = workload.tasks[task.on.value()].phase;
    if (phase.present())
      phase.fail("an event-driven task has the phase of the one that triggers it");
  } else if (separation.present()) {
    task.arrival = Arrival::kSporadic;
    task.period = read_period(field, separation, Field());
  } else {
    task.period = read_period(field, period, rate);
    if (pct.present())
      pct.fail("every job of a periodic task comes; it is for min_separation and on");
  }
  if (!on.present() && phase.present())
    task.phase = phase.time(Nanos(0), task.period.length() - Nanos(1));
  if (pct.present()) task.arrival_pct = static_cast<int>(pct.integer(0, 100));
}

Task read_task(Field field, const Workload& workload) {
  Record record(field, {"name", "module", "period", "rate", "min_separation", "on", "arrival_pct",
                        "phase", "deadline", "criticality", "overrun", "priority", "weight",
                        "jitter"});
  Task task;
  task.name = record.required("name").name();
  task.module = ModuleId(read_reference(record.required("module"), workload.modules, "module"));
  read_arrival(field, record, workload, task);
  const Field deadline = record.optional("deadline");
  task.deadline = deadline.present() ? deadline.time(Nanos(1), kTimeMax) : task.period.length();
  if (const Field criticality = record.optional("criticality"); criticality.present())
    task.criticality = criticality.choice(kCriticalities);
  if (const Field overrun = record.optional("overrun"); overrun.present())
    task.overrun = overrun.choice(kOverruns);
  if (const Field priority = record.optional("priority"); priority.present())
    task.priority = static_cast<int>(priority.integer(-1'000'000, 1'000'000));
  if (const Field weight = record.optional("weight"); weight.present())
    task.weight = weight.integer(1, kWeightMax);
  if (const Field jitter = record.optional("jitter"); jitter.present())
    task.jitter = jitter.time(Nanos(0), kTimeMax);
  return task;
}

std::vector<TaskId> read_tasks_named(Field list, const Workload& workload, const char* where) {
  std::vector<TaskId> tasks;
  for (Field item : list.items(kListMax)) {
    const TaskId task(read_reference(item, workload.tasks, "task"));
    if (std::find(tasks.begin(), tasks.end(), task) != tasks.end())
      item.fail(std::string("the task is already in this ") + where);
    tasks.push_back(task);
  }
  return tasks;
}

Chain read_chain(Field field, const Workload& workload) {
  Record record(field, {"name", "tasks", "deadline"});
  Chain chain;
  chain.name = record.required("name").name();
  const Field tasks = record.required("tasks");
  chain.tasks = read_tasks_named(tasks, workload, "chain; a chain visits a task once");
  if (chain.tasks.size() < 2) tasks.fail("a chain needs at least two tasks");
  chain.deadline = record.required("deadline").time(Nanos(1), kTimeMax);
  return chain;
}

DataEdge read_edge(Field field, const Workload& workload) {
  Record record(field, {"from", "to", "mode", "buffer", "staleness"});
  DataEdge edge;
  edge.from = TaskId(read_reference(record.required("from"), workload.tasks, "task"));
  edge.to = TaskId(read_reference(record.required("to"), workload.tasks, "task"));
  if (edge.from == edge.to) field.fail("a task cannot feed itself; keep its state in the module");
  if (const Field mode = record.optional("mode"); mode.present())
    edge.mode = mode.choice(kEdgeModes);
  const bool every = edge.mode == DataEdge::Mode::kEvery;
  if (const Field buffer = record.optional("buffer"); buffer.present()) {
    if (!every) buffer.fail("a `latest` edge keeps one value; buffer is for `mode: every`");
    edge.buffer = static_cast<int>(buffer.integer(1, kBufferMax));
  }
  if (const Field staleness = record.optional("staleness"); staleness.present()) {
    if (every)
      staleness.fail("a job of an `every` edge reads what it waited for; staleness is for "
                     "`mode: latest`");
    edge.staleness = staleness.time(Nanos(1), kTimeMax);
  }
  return edge;
}

MissionMode::Rate read_mode_rate(Field field, const Workload& workload, const MissionMode& mode) {
  Record record(field, {"task", "period", "rate"});
  const Field name = record.required("task");
  MissionMode::Rate rate{TaskId(read_reference(name, workload.tasks, "task")), {}};
  const Field period = record.optional("period"), hz = record.optional("rate");
  rate.period = read_period(field, period, hz);
  if (!field.present()) return rate;
  const auto is_it = [&](TaskId task) { return task == rate.task; };
  if (std::none_of(mode.tasks.begin(), mode.tasks.end(), is_it))
    name.fail("the task is not active in this mode");
  if (std::any_of(mode.rates.begin(), mode.rates.end(),
                  [&](const MissionMode::Rate& other) { return is_it(other.task); }))
    name.fail("the task has a rate in this mode already");
  if (workload.tasks[rate.task.value()].arrival == Arrival::kEvent)
    name.fail("an event-driven task has the rate of the one that triggers it");
  return rate;
}

MissionMode read_mode(Field field, const Workload& workload) {
  Record record(field, {"name", "tasks", "rates"});
  MissionMode mode;
  mode.name = record.required("name").name();
  const Field tasks = record.required("tasks");
  mode.tasks = read_tasks_named(tasks, workload, "mode");
  if (mode.tasks.empty()) tasks.fail("a mode needs at least one task");
  for (const TaskId id : mode.tasks) {
    const Task& task = workload.tasks[id.value()];
    if (task.arrival == Arrival::kEvent &&
        std::find(mode.tasks.begin(), mode.tasks.end(), task.on) == mode.tasks.end())
      tasks.fail("task '" + task.name + "' is triggered by '" +
                 workload.tasks[task.on.value()].name + "', which is not in this mode");
  }
  if (const Field rates = record.optional("rates"); rates.present())
    for (Field item : rates.items(kListMax))
      mode.rates.push_back(read_mode_rate(item, workload, mode));
  return mode;
}

std::vector<Throttling> read_throttling(Field list) {
  std::vector<Throttling> all;
  if (!list.present()) return all;
  for (Field item : list.items(kListMax)) {
    Record record(item, {"at", "cluster", "pct"});
    const Field at = record.required("at");
    Throttling one{at.time(Nanos(0), kTimeMax), record.required("cluster").name(),
                   static_cast<uint32_t>(record.required("pct").integer(1, 100))};
    if (!all.empty() && at.present() && one.at < all.back().at)
      at.fail("is before the entry above; write them in the order of time");
    all.push_back(std::move(one));
  }
  return all;
}

// Removes tasks that nothing waits for (or that wait for nothing) until none is left to
// remove; what stays lies on a cycle of `every` edges and triggers, or between two.
std::vector<char> tasks_on_cycles(const Workload& workload) {
  std::vector<std::pair<TaskId, TaskId>> links;
  for (const DataEdge& edge : workload.edges)
    if (edge.mode == DataEdge::Mode::kEvery) links.emplace_back(edge.from, edge.to);
  for (uint32_t t = 0; t < workload.tasks.size(); ++t)
    if (workload.tasks[t].arrival == Arrival::kEvent)
      links.emplace_back(workload.tasks[t].on, TaskId(t));
  std::vector<char> stays(workload.tasks.size(), 1);
  for (bool changed = true; changed;) {
    changed = false;
    std::vector<char> waits(stays.size(), 0), is_waited_for(stays.size(), 0);
    for (const auto& [from, to] : links)
      if (stays[from.value()] && stays[to.value()])
        waits[to.value()] = is_waited_for[from.value()] = 1;
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

std::string_view name_of(Arrival arrival) {
  switch (arrival) {
    case Arrival::kPeriodic: return "periodic";
    case Arrival::kSporadic: return "sporadic";
    case Arrival::kEvent: return "event";
  }
  return "";
}

std::string_view name_of(Overrun overrun) {
  switch (overrun) {
    case Overrun::kSkip: return "skip";
    case Overrun::kRunOn: return "run-on";
    case Overrun::kAbort: return "abort";
  }
  return "";
}

std::string_view name_of(Energy energy) {
  return energy == Energy::kSave ? "save" : "performance";
}

std::string_view name_of(DataEdge::Mode mode) {
  return mode == DataEdge::Mode::kEvery ? "every" : "latest";
}

Result<Workload> parse_workload(std::string_view text, const std::string& path) {
  TAKT_ASSIGN(const TextTree tree, parse_yaml_tree(text, path));
  FieldReader reader(tree);
  reader.expect_format(kFormat, Workload::kVersion);
  Record record(reader.root(),
                {"format", "version", "name", "window", "modules", "tasks", "chains", "edges",
                 "modes", "throttling", "energy"});
  Workload workload;
  workload.name = record.required("name").name();
  if (const Field window = record.optional("window"); window.present())
    workload.window = window.time(kWindowMin, kTimeMax);
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
  if (const Field modes = record.optional("modes"); modes.present())
    read_named(modes, workload.modes, [&](Field field) { return read_mode(field, workload); });
  workload.throttling = read_throttling(record.optional("throttling"));
  if (const Field energy = record.optional("energy"); energy.present())
    workload.energy = energy.choice(kEnergies);
  TAKT_TRY(reader.status());
  return workload;
}

Result<Workload> read_workload(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  return parse_workload(text, path);
}

}  // namespace takt
