#include "model/plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "model/field_reader.h"
#include "model/json_writer.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "takt-plan";
constexpr int kVersion = 1;
// 2^62 ns are 146 years; the sum of two such times still fits.
constexpr int64_t kTimeMaxNs = int64_t{1} << 62;
constexpr uint32_t kLanesMax = 1 << 16;

constexpr ObjectiveLevel::Proof kProofs[] = {ObjectiveLevel::Proof::kOptimal,
                                             ObjectiveLevel::Proof::kGap,
                                             ObjectiveLevel::Proof::kLimit};
constexpr Operation::Kind kOperationKinds[] = {Operation::Kind::kGraphOp, Operation::Kind::kSubmit};

Nanos read_ns(Field field, int64_t min_ns) { return Nanos(field.integer(min_ns, kTimeMaxNs)); }

// A time that may be null: there is none.
Nanos read_ns_or_none(Field field, int64_t min_ns) {
  return field.is_null() ? Nanos::max() : read_ns(field, min_ns);
}

Json ns_or_null(Nanos time) { return time == Nanos::max() ? Json() : Json(time.ns); }

PlanModule read_module(Field field) {
  Record record(field, {"name", "graph", "graph_hash", "vmfb_hash"});
  PlanModule module;
  module.name = record.required("name").text();
  module.graph = record.required("graph").text();
  module.graph_hash = record.required("graph_hash").text();
  module.vmfb_hash = record.required("vmfb_hash").text();
  return module;
}

Period read_period(Field field) {
  if (field.is_null()) return {};
  Record record(field, {"num_ns", "den"});
  return {record.required("num_ns").integer(1, kTimeMaxNs),
          record.required("den").integer(1, kTimeMaxNs)};
}

PlanTask read_task(Field field, const Plan& plan) {
  Record record(field, {"name", "module", "function", "criticality", "priority", "period",
                        "phase_ns", "deadline_ns", "jobs"});
  PlanTask task;
  task.name = record.required("name").text();
  if (const Field module = record.required("module"); !module.is_null())
    task.module = ModuleId(module.index(plan.modules.size(), "modules"));
  task.function = record.required("function").text();
  task.criticality = record.required("criticality").choice(kCriticalities);
  task.priority = static_cast<int>(record.required("priority").integer(INT32_MIN, INT32_MAX));
  task.period = read_period(record.required("period"));
  task.phase = read_ns(record.required("phase_ns"), 0);
  task.deadline = read_ns_or_none(record.required("deadline_ns"), 1);
  task.jobs = static_cast<uint32_t>(record.required("jobs").integer(0, UINT32_MAX - 1));
  return task;
}

PlanOp read_op(Field field, const Plan& plan) {
  Record record(field, {"task", "job", "kind", "graph_op", "kernel", "start_ns", "duration_ns",
                        "lanes", "variant"});
  PlanOp op;
  op.task = TaskId(record.required("task").index(plan.tasks.size(), "tasks"));
  const Field job = record.required("job");
  if (job.present() && plan.tasks[op.task.value()].jobs > 0)
    op.job = job.index(plan.tasks[op.task.value()].jobs, "jobs of its task");
  else
    job.fail("its task has no jobs in this plan");
  op.kind = record.required("kind").choice(kOperationKinds);
  op.graph_op = static_cast<uint32_t>(record.required("graph_op").integer(0, UINT32_MAX - 1));
  op.kernel_hash = record.required("kernel").text();
  op.start = read_ns(record.required("start_ns"), 0);
  op.duration = read_ns(record.required("duration_ns"), 0);
  const Field lanes = record.required("lanes");
  for (Field lane : lanes.items(kLanesMax)) {
    op.lanes.push_back(LaneId(lane.index(plan.lanes.size(), "lanes")));
    if (op.lanes.size() > 1 && op.lanes.back() <= op.lanes[op.lanes.size() - 2])
      lane.fail("lanes must be ascending and distinct");
  }
  if (op.lanes.empty()) lanes.fail("an operation needs at least one lane");
  op.variant = record.required("variant").text();
  return op;
}

ObjectiveLevel read_level(Field field) {
  Record record(field, {"name", "value", "bound", "proof"});
  ObjectiveLevel level;
  level.name = record.required("name").name();
  level.value = record.required("value").integer(INT64_MIN, INT64_MAX);
  level.bound = record.required("bound").integer(INT64_MIN, INT64_MAX);
  level.proof = record.required("proof").choice(kProofs);
  return level;
}

Provenance read_provenance(Field field) {
  Record record(field, {"solver", "seed", "solve_time_ns", "takt_version", "host"});
  Provenance provenance;
  provenance.solver = record.required("solver").text();
  provenance.seed = record.required("seed").unsigned_integer();
  provenance.solve_time = read_ns(record.required("solve_time_ns"), 0);
  provenance.takt_version = record.required("takt_version").text();
  provenance.host = record.required("host").text();
  return provenance;
}

template <class T, class Read>
void read_named(Field list, std::vector<T>& out, Read read) {
  const std::vector<Field> items = list.items();
  std::vector<std::string> names;
  for (Field item : items) {
    if (!item.present()) break;
    out.push_back(read(item));
    names.push_back(out.back().name);
  }
  check_unique(items, names);
}

void read_lanes(Field list, Plan& plan) {
  const std::vector<Field> items = list.items(kLanesMax);
  for (Field item : items) plan.lanes.push_back(item.text());
  check_unique(items, plan.lanes);
}

Json to_json(const PlanTask& task) {
  Json json;
  json["name"] = task.name;
  json["module"] = task.module.valid() ? Json(task.module.value()) : Json();
  json["function"] = task.function;
  json["criticality"] = name_of(task.criticality);
  json["priority"] = task.priority;
  json["period"] = nullptr;
  if (task.period.num_ns > 0)
    json["period"] = Json{{"num_ns", task.period.num_ns}, {"den", task.period.den}};
  json["phase_ns"] = task.phase.ns;
  json["deadline_ns"] = ns_or_null(task.deadline);
  json["jobs"] = task.jobs;
  return json;
}

Json to_json(const PlanOp& op) {
  Json json;
  json["task"] = op.task.value();
  json["job"] = op.job;
  json["kind"] = name_of(op.kind);
  json["graph_op"] = op.graph_op;
  json["kernel"] = op.kernel_hash;
  json["start_ns"] = op.start.ns;
  json["duration_ns"] = op.duration.ns;
  Json& lanes = json["lanes"] = Json::array();
  for (const LaneId lane : op.lanes) lanes.push_back(lane.value());
  json["variant"] = op.variant;
  return json;
}

Json head_to_json(const Plan& plan) {
  Json json;
  json["format"] = kFormat;
  json["version"] = kVersion;
  json["instance_hash"] = plan.instance_hash;
  json["soc"] = plan.soc_name;
  json["lanes"] = plan.lanes;
  json["window_ns"] = ns_or_null(plan.window);
  Json& modules = json["modules"] = Json::array();
  for (const PlanModule& module : plan.modules)
    modules.push_back({{"name", module.name},
                       {"graph", module.graph},
                       {"graph_hash", module.graph_hash},
                       {"vmfb_hash", module.vmfb_hash}});
  Json& objective = json["objective"] = Json::array();
  for (const ObjectiveLevel& level : plan.objective)
    objective.push_back({{"name", level.name},
                         {"value", level.value},
                         {"bound", level.bound},
                         {"proof", name_of(level.proof)}});
  json["provenance"] = Json{{"solver", plan.provenance.solver},
                            {"seed", plan.provenance.seed},
                            {"solve_time_ns", plan.provenance.solve_time.ns},
                            {"takt_version", plan.provenance.takt_version},
                            {"host", plan.provenance.host}};
  return json;
}

}  // namespace

std::string_view name_of(Operation::Kind kind) {
  return kind == Operation::Kind::kSubmit ? "submit" : "op";
}

std::string_view name_of(ObjectiveLevel::Proof proof) {
  switch (proof) {
    case ObjectiveLevel::Proof::kOptimal: return "optimal";
    case ObjectiveLevel::Proof::kGap: return "gap";
    case ObjectiveLevel::Proof::kLimit: return "limit";
  }
  return "";
}

double ObjectiveLevel::gap_pct() const {
  const double size = std::max(std::abs(static_cast<double>(value)), 1.0);
  return 100.0 * (static_cast<double>(value) - static_cast<double>(bound)) / size;
}

Result<Plan> parse_plan(std::string_view text, const std::string& path) {
  TAKT_ASSIGN(const TextTree tree, parse_json_tree(text, path));
  FieldReader reader(tree);
  reader.expect_format(kFormat, kVersion);
  Record record(reader.root(),
                {"format", "version", "instance_hash", "soc", "lanes", "window_ns", "modules",
                 "tasks", "objective", "provenance", "operations"});
  Plan plan;
  plan.instance_hash = record.required("instance_hash").text();
  plan.soc_name = record.required("soc").text();
  read_lanes(record.required("lanes"), plan);
  plan.window = read_ns_or_none(record.required("window_ns"), 1);
  read_named(record.required("modules"), plan.modules, read_module);
  read_named(record.required("tasks"), plan.tasks,
             [&](Field field) { return read_task(field, plan); });
  read_named(record.required("objective"), plan.objective, read_level);
  plan.provenance = read_provenance(record.required("provenance"));
  for (Field item : record.required("operations").items()) {
    if (!item.present()) break;
    plan.operations.push_back(read_op(item, plan));
  }
  TAKT_TRY(reader.status());
  return plan;
}

Result<Plan> read_plan(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  return parse_plan(text, path);
}

std::string write_plan(const Plan& plan) {
  Json json = head_to_json(plan);
  Json& tasks = json["tasks"] = Json::array();
  for (const PlanTask& task : plan.tasks) tasks.push_back(to_json(task));
  Json& operations = json["operations"] = Json::array();
  for (const PlanOp& op : plan.operations) operations.push_back(to_json(op));
  return write_json(json);
}

}  // namespace takt
