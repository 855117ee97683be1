#include "model/instance_file.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "model/field_reader.h"
#include "model/json_writer.h"
#include "model/shop_files.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "takt-instance";
constexpr int kVersion = 1;
constexpr int64_t kTimeMaxNs = int64_t{1} << 62;
constexpr uint32_t kLanesMax = 1 << 16;
constexpr Operation::Kind kOperationKinds[] = {Operation::Kind::kGraphOp, Operation::Kind::kSubmit};
constexpr Arrival kArrivals[] = {Arrival::kPeriodic, Arrival::kSporadic, Arrival::kEvent};

// Readers of fields that may be missing; then the value is the struct's default.

int64_t integer_or(Field field, int64_t min, int64_t max, int64_t otherwise) {
  return field.present() ? field.integer(min, max) : otherwise;
}

Nanos read_ns(Field field, int64_t min_ns) { return Nanos(field.integer(min_ns, kTimeMaxNs)); }

Nanos ns_or_zero(Field field) { return field.present() ? read_ns(field, 0) : Nanos(0); }

// A time that may be missing or null: there is none.
Nanos ns_or_max(Field field, int64_t min_ns) {
  return !field.present() || field.is_null() ? Nanos::max() : read_ns(field, min_ns);
}

template <class T, class Read>
void read_list(Field list, std::vector<T>& out, Read read) {
  if (!list.present()) return;
  for (Field item : list.items()) {
    if (!item.present()) return;
    out.push_back(read(item));
  }
}

std::vector<LaneId> read_lanes(Field list, const Instance& instance) {
  std::vector<LaneId> lanes;
  for (Field lane : list.items(kLanesMax))
    lanes.push_back(LaneId(lane.index(instance.lane_names.size(), "lanes")));
  return lanes;
}

Pool read_pool(Field field, const Instance& instance) {
  Record record(field, {"name", "lanes", "aligned", "site"});
  Pool pool;
  pool.name = record.required("name").text();
  pool.lanes = read_lanes(record.required("lanes"), instance);
  if (const Field aligned = record.optional("aligned"); aligned.present())
    pool.aligned = aligned.boolean();
  pool.site = static_cast<uint32_t>(integer_or(record.optional("site"), 0, UINT32_MAX, 0));
  return pool;
}

SiteLink read_link(Field field) {
  Record record(field, {"from", "to", "latency_ns", "bytes_per_us"});
  SiteLink link;
  link.from = static_cast<uint32_t>(record.required("from").integer(0, UINT32_MAX));
  link.to = static_cast<uint32_t>(record.required("to").integer(0, UINT32_MAX));
  link.latency = read_ns(record.required("latency_ns"), 0);
  link.bytes_per_us = record.required("bytes_per_us").integer(1, INT64_MAX);
  return link;
}

InstanceTask read_task(Field field, const Instance& instance) {
  Record record(field, {"name", "module", "function", "criticality", "priority", "weight",
                        "jitter_ns", "arrival", "on", "arrival_pct", "overrun"});
  InstanceTask task;
  task.name = record.required("name").text();
  if (const Field module = record.optional("module"); module.present() && !module.is_null())
    task.module = ModuleId(static_cast<uint32_t>(module.integer(0, UINT32_MAX - 1)));
  if (const Field function = record.optional("function"); function.present())
    task.function = function.text();
  if (const Field criticality = record.optional("criticality"); criticality.present())
    task.criticality = criticality.choice(kCriticalities);
  task.priority =
      static_cast<int>(integer_or(record.optional("priority"), INT32_MIN, INT32_MAX, 0));
  task.weight = integer_or(record.optional("weight"), 1, INT64_MAX, 1);
  task.jitter_max = ns_or_max(record.optional("jitter_ns"), 0);
  if (const Field arrival = record.optional("arrival"); arrival.present())
    task.arrival = arrival.choice(kArrivals);
  const Field on = record.optional("on");
  if (on.present() != (task.arrival == Arrival::kEvent))
    field.fail("`on`, an earlier task, belongs to `arrival: event`, and to no other");
  if (on.present()) task.on = TaskId(on.index(instance.tasks.size(), "tasks before this one"));
  task.arrival_pct = static_cast<int>(integer_or(record.optional("arrival_pct"), 0, 100, 100));
  if (const Field overrun = record.optional("overrun"); overrun.present() && !overrun.is_null())
    task.overrun = overrun.choice(kOverruns);
  return task;
}

Mode read_mode(Field field, const Instance& instance) {
  Record record(field, {"demands", "variant", "duration_ns"});
  Mode mode;
  read_list(record.required("demands"), mode.demands, [&](Field item) {
    Record demand(item, {"pool", "count"});
    return Demand{PoolId(demand.required("pool").index(instance.pools.size(), "pools")),
                  static_cast<int>(integer_or(demand.optional("count"), 1, kLanesMax, 1))};
  });
  if (const Field variant = record.optional("variant"); variant.present())
    mode.variant = variant.text();
  mode.duration = read_ns(record.required("duration_ns"), 1);
  return mode;
}

Operation read_operation(Field field, uint32_t place, const Instance& instance) {
  Record record(field, {"kind", "graph_op", "kernel", "modes"});
  Operation op;
  op.job = JobId(instance.jobs.size());
  if (const Field kind = record.optional("kind"); kind.present())
    op.kind = kind.choice(kOperationKinds);
  op.graph_op = static_cast<uint32_t>(
      integer_or(record.optional("graph_op"), 0, UINT32_MAX - 1, place));
  if (const Field kernel = record.optional("kernel"); kernel.present())
    op.kernel_hash = kernel.text();
  read_list(record.required("modes"), op.modes,
            [&](Field item) { return read_mode(item, instance); });
  return op;
}

// `jobs_of_task` counts the jobs of each task so far.
void read_job(Field field, std::vector<uint32_t>& jobs_of_task, Instance& instance) {
  Record record(field, {"task", "release_ns", "deadline_ns", "operations"});
  Job job;
  const Field task = record.required("task");
  job.task = TaskId(task.index(instance.tasks.size(), "tasks"));
  job.release = ns_or_zero(record.optional("release_ns"));
  job.deadline = ns_or_max(record.optional("deadline_ns"), 0);
  job.first_op = static_cast<uint32_t>(instance.operations.size());
  read_list(record.required("operations"), instance.operations, [&](Field item) {
    const auto place = static_cast<uint32_t>(instance.operations.size() - job.first_op);
    return read_operation(item, place, instance);
  });
  job.op_count = static_cast<uint32_t>(instance.operations.size() - job.first_op);
  if (!task.present()) return;
  job.index = jobs_of_task[job.task.value()]++;
  instance.jobs.push_back(job);
}

OpId read_op_id(Field field, const Instance& instance) {
  return OpId(field.index(instance.operations.size(), "operations"));
}

Precedence read_precedence(Field field, const Instance& instance) {
  Record record(field, {"before", "after", "delay_ns", "bytes"});
  return {read_op_id(record.required("before"), instance),
          read_op_id(record.required("after"), instance), ns_or_zero(record.optional("delay_ns")),
          integer_or(record.optional("bytes"), 0, INT64_MAX, 0)};
}

InstanceChain read_chain(Field field, const Instance& instance) {
  Record record(field, {"name", "deadline_ns", "runs"});
  InstanceChain chain;
  chain.name = record.required("name").text();
  chain.deadline = read_ns(record.required("deadline_ns"), 1);
  read_list(record.required("runs"), chain.runs, [&](Field item) {
    Record run(item, {"first", "last"});
    return ChainRun{JobId(run.required("first").index(instance.jobs.size(), "jobs")),
                    JobId(run.required("last").index(instance.jobs.size(), "jobs"))};
  });
  return chain;
}

Commitment read_commitment(Field field, const Instance& instance) {
  Record record(field, {"op", "start_ns", "mode", "lanes"});
  return {read_op_id(record.required("op"), instance), read_ns(record.required("start_ns"), 0),
          static_cast<uint32_t>(integer_or(record.optional("mode"), 0, UINT32_MAX - 1, 0)),
          read_lanes(record.required("lanes"), instance)};
}

Outage read_outage(Field field, const Instance& instance) {
  Record record(field, {"lane", "start_ns", "end_ns"});
  return {LaneId(record.required("lane").index(instance.lane_names.size(), "lanes")),
          ns_or_zero(record.optional("start_ns")), ns_or_max(record.optional("end_ns"), 1)};
}

void read_machine(Record& record, Instance& instance) {
  const Field lanes = record.required("lanes");
  for (Field item : lanes.items(kLanesMax)) instance.lane_names.push_back(item.text());
  check_unique(lanes.items(kLanesMax), instance.lane_names);
  read_list(record.required("pools"), instance.pools,
            [&](Field item) { return read_pool(item, instance); });
  read_list(record.optional("links"), instance.links, read_link);
}

void read_work(Record& record, Instance& instance) {
  const Field tasks = record.required("tasks");
  read_list(tasks, instance.tasks,
            [&](Field item) { return read_task(item, instance); });
  std::vector<std::string> names;
  for (const InstanceTask& task : instance.tasks) names.push_back(task.name);
  check_unique(tasks.present() ? tasks.items() : std::vector<Field>(), names);
  std::vector<uint32_t> jobs_of_task(instance.tasks.size(), 0);
  for (Field item : record.required("jobs").items()) read_job(item, jobs_of_task, instance);
  read_list(record.optional("precedences"), instance.precedences,
            [&](Field item) { return read_precedence(item, instance); });
  read_list(record.optional("chains"), instance.chains,
            [&](Field item) { return read_chain(item, instance); });
  read_list(record.optional("mode_groups"), instance.mode_groups, [&](Field group) {
    std::vector<OpId> ops;
    read_list(group, ops, [&](Field item) { return read_op_id(item, instance); });
    return ops;
  });
}

void read_decided(Record& record, Instance& instance) {
  read_list(record.optional("commitments"), instance.commitments,
            [&](Field item) { return read_commitment(item, instance); });
  read_list(record.optional("outages"), instance.outages,
            [&](Field item) { return read_outage(item, instance); });
  instance.not_before = ns_or_zero(record.optional("not_before_ns"));
  if (const Field horizon = record.optional("horizon_ns"); horizon.present())
    instance.horizon = horizon.is_null() ? Nanos::max() : Nanos(horizon.integer(1, INT64_MAX));
}

Json ns_or_null(Nanos time) { return time == Nanos::max() ? Json() : Json(time.ns); }

template <class Id>
Json ids_to_json(const std::vector<Id>& ids) {
  Json json = Json::array();
  for (const Id id : ids) json.push_back(id.value());
  return json;
}

// The parts of an instance as JSON; a struct, so that each may use those below it.
struct Writer {
  template <class T>
  static void write_list(const char* key, const std::vector<T>& list, Json& json) {
    Json& out = json[key] = Json::array();
    for (const T& item : list) out.push_back(to_json(item));
  }

  static Json to_json(const Pool& pool) {
    return {{"name", pool.name}, {"lanes", ids_to_json(pool.lanes)}, {"aligned", pool.aligned},
            {"site", pool.site}};
  }

  static Json to_json(const SiteLink& link) {
    return {{"from", link.from}, {"to", link.to}, {"latency_ns", link.latency.ns},
            {"bytes_per_us", link.bytes_per_us}};
  }

  static Json to_json(const InstanceTask& task) {
    Json json{{"name", task.name},
            {"module", task.module.valid() ? Json(task.module.value()) : Json()},
            {"function", task.function},
            {"criticality", name_of(task.criticality)},
            {"priority", task.priority},
            {"weight", task.weight},
            {"jitter_ns", ns_or_null(task.jitter_max)}};
    if (task.arrival != Arrival::kPeriodic) {
      json["arrival"] = name_of(task.arrival);
      json["arrival_pct"] = task.arrival_pct;
    }
    if (task.arrival == Arrival::kEvent) json["on"] = task.on.value();
    if (task.overrun) json["overrun"] = name_of(*task.overrun);
    return json;
  }

  static Json to_json(const Demand& demand) {
    return {{"pool", demand.pool.value()}, {"count", demand.count}};
  }

  static Json to_json(const Mode& mode) {
    Json json;
    write_list("demands", mode.demands, json);
    json["variant"] = mode.variant;
    json["duration_ns"] = mode.duration.ns;
    return json;
  }

  static Json to_json(const Operation& op) {
    Json json = {{"kind", name_of(op.kind)}, {"graph_op", op.graph_op}, {"kernel", op.kernel_hash}};
    write_list("modes", op.modes, json);
    return json;
  }

  static Json to_json(const Precedence& edge) {
    return {{"before", edge.before.value()}, {"after", edge.after.value()},
            {"delay_ns", edge.delay.ns}, {"bytes", edge.bytes}};
  }

  static Json to_json(const ChainRun& run) {
    return {{"first", run.first.value()}, {"last", run.last.value()}};
  }

  static Json to_json(const InstanceChain& chain) {
    Json json = {{"name", chain.name}, {"deadline_ns", chain.deadline.ns}};
    write_list("runs", chain.runs, json);
    return json;
  }

  static Json to_json(const std::vector<OpId>& group) { return ids_to_json(group); }

  static Json to_json(const Commitment& done) {
    return {{"op", done.op.value()}, {"start_ns", done.start.ns}, {"mode", done.mode},
            {"lanes", ids_to_json(done.lanes)}};
  }

  static Json to_json(const Outage& outage) {
    return {{"lane", outage.lane.value()}, {"start_ns", outage.start.ns},
            {"end_ns", ns_or_null(outage.end)}};
  }
};

Json job_to_json(const Job& job, const Instance& instance) {
  Json json = {{"task", job.task.value()}, {"release_ns", job.release.ns},
               {"deadline_ns", ns_or_null(job.deadline)}};
  Json& operations = json["operations"] = Json::array();
  for (uint32_t i = 0; i < job.op_count; ++i)
    operations.push_back(Writer::to_json(instance.operations[job.first_op + i]));
  return json;
}

}  // namespace

Result<Instance> parse_instance(std::string_view text, const std::string& path) {
  TAKT_ASSIGN(const TextTree tree, parse_json_tree(text, path));
  FieldReader reader(tree);
  reader.expect_format(kFormat, kVersion);
  Record record(reader.root(),
                {"format", "version", "name", "lanes", "pools", "links", "tasks", "jobs",
                 "precedences", "chains", "mode_groups", "commitments", "outages",
                 "not_before_ns", "horizon_ns"});
  Instance instance;
  instance.name = record.required("name").text();
  read_machine(record, instance);
  read_work(record, instance);
  read_decided(record, instance);
  TAKT_TRY(reader.status());
  if (const Status status = check_instance(instance); !status.ok())
    return bad_input(path + ": " + status.error().message);
  return instance;
}

Result<Instance> read_instance(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  return parse_instance(text, path);
}

Result<Instance> read_any_instance(const std::string& path) {
  return path.ends_with(".json") ? read_instance(path) : read_shop(path);
}

std::string write_instance(const Instance& instance) {
  Json json;
  json["format"] = kFormat;
  json["version"] = kVersion;
  json["name"] = instance.name;
  json["lanes"] = instance.lane_names;
  Writer::write_list("pools", instance.pools, json);
  Writer::write_list("links", instance.links, json);
  Writer::write_list("tasks", instance.tasks, json);
  Json& jobs = json["jobs"] = Json::array();
  for (const Job& job : instance.jobs) jobs.push_back(job_to_json(job, instance));
  Writer::write_list("precedences", instance.precedences, json);
  Writer::write_list("chains", instance.chains, json);
  Writer::write_list("mode_groups", instance.mode_groups, json);
  Writer::write_list("commitments", instance.commitments, json);
  Writer::write_list("outages", instance.outages, json);
  json["not_before_ns"] = instance.not_before.ns;
  json["horizon_ns"] = ns_or_null(instance.horizon);
  return write_json(json);
}

}  // namespace takt
