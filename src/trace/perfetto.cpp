#include "trace/perfetto.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file_writer.h"

namespace takt {
namespace {

using Kind = TraceEvent::Kind;
using Sink = std::function<void(std::string_view)>;

enum Process { kPlan = 1, kRun = 2 };

// `text` as a JSON string, quotes included; what is not UTF-8 becomes U+FFFD.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Microseconds with three decimals: nanoseconds without rounding.
std::string us_text(Nanos time) {
  char text[32];
  uint64_t ns = static_cast<uint64_t>(time.ns);
  if (time.ns < 0) ns = -ns;
  std::snprintf(text, sizeof(text), "%s%" PRIu64 ".%03u", time.ns < 0 ? "-" : "", ns / 1000,
                static_cast<unsigned>(ns % 1000));
  return text;
}

std::string hex_text(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
  return text;
}

std::string_view outcome_name(uint16_t value) {
  switch (static_cast<JobOutcome>(value)) {
    case JobOutcome::kDone: return "done";
    case JobOutcome::kMissed: return "missed";
    case JobOutcome::kShed: return "shed";
  }
  return "unknown";
}

// Unique over both processes.
int thread_of(Process process, size_t lane) {
  return static_cast<int>(process) * 100'000 + static_cast<int>(lane);
}

class Writer {
 public:
  Writer(const PerfettoInput& input, const Sink& sink) : input_(input), sink_(sink) {}
  void write();

 private:
  void event(const std::string& text);
  void metadata(Process process, const std::string& name, const std::vector<std::string>& lanes,
                const std::set<size_t>& other_threads);
  void slice(Process process, size_t lane, const std::string& name, const char* category,
             Nanos begin, Nanos end, const std::string& args);
  void job(Process process, const std::string& task, Nanos begin, Nanos end,
           const std::string& args);
  std::string op_name(const std::string& task, uint32_t op) const;
  std::string task_name(uint32_t task) const;
  int64_t plan_windows() const;
  void write_plan();
  void write_plan_jobs(int64_t window, const std::vector<std::vector<Nanos>>& job_ends);
  void write_run();
  void write_run_event(const TraceEvent& e);
  void write_decision(const TraceEvent& e);

  const PerfettoInput& input_;
  const Sink& sink_;
  Nanos zero_;                 // the run clock's time at which the file begins
  uint64_t next_job_id_ = 1;
  bool first_ = true;
};

void Writer::event(const std::string& text) {
  sink_(first_ ? "\n" : ",\n");
  sink_(text);
  first_ = false;
}

void Writer::metadata(Process process, const std::string& name,
                      const std::vector<std::string>& lanes,
                      const std::set<size_t>& other_threads) {
  const std::string pid = "\"pid\":" + std::to_string(process);
  const auto note = [&](const char* what, int tid, const std::string& args) {
    event("{\"ph\":\"M\"," + pid + ",\"tid\":" + std::to_string(tid) + ",\"name\":\"" + what +
          "\",\"args\":{" + args + "}}");
  };
  note("process_name", process, "\"name\":" + quoted(name));
  note("process_sort_index", process, "\"sort_index\":" + std::to_string(process));
  const auto thread = [&](size_t lane, const std::string& thread_name) {
    note("thread_name", thread_of(process, lane), "\"name\":" + quoted(thread_name));
    note("thread_sort_index", thread_of(process, lane), "\"sort_index\":" + std::to_string(lane));
  };
  for (size_t lane = 0; lane < lanes.size(); ++lane) thread(lane, lanes[lane]);
  for (const size_t lane : other_threads) thread(lane, "host " + std::to_string(lane));
}

void Writer::slice(Process process, size_t lane, const std::string& name, const char* category,
                   Nanos begin, Nanos end, const std::string& args) {
  event("{\"ph\":\"X\",\"pid\":" + std::to_string(process) + ",\"tid\":" +
        std::to_string(thread_of(process, lane)) + ",\"ts\":" + us_text(begin - zero_) +
        ",\"dur\":" + us_text(std::max(end - begin, Nanos(0))) + ",\"cat\":\"" + category +
        "\",\"name\":" + quoted(name) + ",\"args\":{" + args + "}}");
}

// Async slices of one name form one track: the task's.
void Writer::job(Process process, const std::string& task, Nanos begin, Nanos end,
                 const std::string& args) {
  const std::string common = "\"pid\":" + std::to_string(process) +
                             ",\"cat\":\"job\",\"id\":\"" + hex_text(next_job_id_++) +
                             "\",\"name\":" + quoted(task);
  event("{\"ph\":\"b\"," + common + ",\"ts\":" + us_text(begin - zero_) + ",\"args\":{" + args +
        "}}");
  event("{\"ph\":\"e\"," + common + ",\"ts\":" + us_text(std::max(begin, end) - zero_) + "}");
}

std::string Writer::op_name(const std::string& task, uint32_t op) const {
  return task + "/" + (input_.names ? input_.names->name(task, op) : "op " + std::to_string(op));
}

std::string Writer::task_name(uint32_t task) const {
  return task < input_.trace->tasks.size() ? input_.trace->tasks[task] : "no task";
}

// As many as the run lasted.
int64_t Writer::plan_windows() const {
  const Plan& plan = *input_.plan;
  if (!input_.trace || plan.window == Nanos::max() || plan.window <= Nanos(0)) return 1;
  Nanos last = input_.trace->origin;
  for (const TraceEvent& e : input_.trace->events)
    if (e.kind != Kind::kIdle) last = std::max(last, e.end);
  const int64_t windows = (last - input_.trace->origin + plan.window - Nanos(1)) / plan.window;
  return std::clamp<int64_t>(windows, 1, std::max(input_.plan_windows_max, 1));
}

void Writer::write_plan() {
  const Plan& plan = *input_.plan;
  metadata(kPlan, "plan", plan.lanes, {});
  const Nanos origin = input_.trace ? input_.trace->origin : Nanos(0);
  const int64_t windows = plan_windows();
  std::vector<std::vector<Nanos>> job_ends(plan.tasks.size());
  for (size_t task = 0; task < plan.tasks.size(); ++task)
    job_ends[task].assign(plan.tasks[task].jobs, Nanos::min());
  for (int64_t window = 0; window < windows; ++window) {
    const Nanos start = origin + plan.window * window;
    for (const PlanOp& op : plan.operations) {
      if (op.task.value() >= plan.tasks.size()) continue;
      const PlanTask& task = plan.tasks[op.task.value()];
      const bool submit = op.kind == Operation::Kind::kSubmit;
      const std::string name = submit ? task.name + "/submit" : op_name(task.name, op.graph_op);
      const std::string args =
          "\"job\":" + std::to_string(op.job + window * static_cast<int64_t>(task.jobs)) +
          ",\"op\":" + std::to_string(op.graph_op) + ",\"width\":" +
          std::to_string(op.lanes.size()) + ",\"variant\":" + quoted(op.variant);
      for (const LaneId lane : op.lanes)
        slice(kPlan, lane.value(), name, submit ? "submit" : "op", start + op.start,
              start + op.end(), args);
      auto& ends = job_ends[op.task.value()];
      if (op.job < ends.size()) ends[op.job] = std::max(ends[op.job], op.end());
    }
    write_plan_jobs(window, job_ends);
  }
}

void Writer::write_plan_jobs(int64_t window, const std::vector<std::vector<Nanos>>& job_ends) {
  const Plan& plan = *input_.plan;
  const Nanos origin = input_.trace ? input_.trace->origin : Nanos(0);
  const Nanos start = origin + plan.window * window;
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    const PlanTask& task = plan.tasks[i];
    for (size_t k = 0; k < job_ends[i].size(); ++k) {
      if (job_ends[i][k] == Nanos::min()) continue;
      const Nanos release = task.phase + task.period.release(static_cast<int64_t>(k));
      std::string args = "\"job\":" + std::to_string(static_cast<int64_t>(k) +
                                                     window * static_cast<int64_t>(task.jobs));
      if (task.deadline != Nanos::max()) args += ",\"deadline_us\":" + us_text(task.deadline);
      job(kPlan, task.name, start + release, start + job_ends[i][k], args);
    }
  }
}

void Writer::write_decision(const TraceEvent& e) {
  const std::string name(name_of(static_cast<TraceDecision>(e.value)));
  event("{\"ph\":\"i\",\"s\":\"t\",\"pid\":2,\"tid\":" + std::to_string(thread_of(kRun, e.lane)) +
        ",\"ts\":" + us_text(e.begin - zero_) + ",\"cat\":\"decision\",\"name\":" + quoted(name) +
        ",\"args\":{\"task\":" + quoted(task_name(e.task)) +
        ",\"job\":" + std::to_string(e.job) + "}}");
}

void Writer::write_run_event(const TraceEvent& e) {
  const std::string job_arg = "\"job\":" + std::to_string(e.job);
  switch (e.kind) {
    case Kind::kOp:
      slice(kRun, e.lane, op_name(task_name(e.task), e.op), "op", e.begin, e.end,
            job_arg + ",\"op\":" + std::to_string(e.op) + ",\"region\":" +
                std::to_string(e.region) + ",\"tiles\":" + std::to_string(e.value));
      break;
    case Kind::kSubmit:
      slice(kRun, e.lane, task_name(e.task) + "/submit", "submit", e.begin, e.end, job_arg);
      break;
    case Kind::kIdle:
      slice(kRun, e.lane, "idle", "idle", e.begin, e.end, "");
      break;
    case Kind::kJobEnd:
      job(kRun, task_name(e.task), e.begin, e.end,
          job_arg + ",\"outcome\":\"" + std::string(outcome_name(e.value)) + "\",\"response_us\":" +
              us_text(std::max(e.end - e.begin, Nanos(0))));
      break;
    case Kind::kDecision:
      write_decision(e);
      break;
    case Kind::kInputs:
      event("{\"ph\":\"i\",\"s\":\"p\",\"pid\":2,\"ts\":" + us_text(e.end - zero_) +
            ",\"cat\":\"inputs\",\"name\":" + quoted(task_name(e.task) + " inputs") +
            ",\"args\":{" + job_arg + "}}");
      break;
    case Kind::kRelease:
      break;                   // the job's slice begins here
  }
}

void Writer::write_run() {
  const Trace& trace = *input_.trace;
  std::set<size_t> other_threads;
  for (const TraceEvent& e : trace.events)
    if (e.lane >= trace.lanes.size() && e.kind != Kind::kRelease && e.kind != Kind::kJobEnd &&
        e.kind != Kind::kInputs)
      other_threads.insert(e.lane);
  metadata(kRun, "run", trace.lanes, other_threads);
  for (const TraceEvent& e : trace.events) write_run_event(e);
}

void Writer::write() {
  if (input_.trace) {
    zero_ = input_.trace->origin;
    for (const TraceEvent& e : input_.trace->events) zero_ = std::min(zero_, e.begin);
  }
  sink_("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"dropped_events\":" +
        std::to_string(input_.trace ? input_.trace->dropped : 0) + "},\"traceEvents\":[");
  if (input_.plan) write_plan();
  if (input_.trace) write_run();
  sink_("\n]}\n");
}

}  // namespace

void perfetto_json(const PerfettoInput& input, const Sink& sink) { Writer(input, sink).write(); }

Status write_perfetto(const std::string& path, const PerfettoInput& input) {
  TAKT_ASSIGN(FileWriter file, FileWriter::create(path));
  perfetto_json(input, [&](std::string_view text) { file.append(text); });
  return file.commit();
}

}  // namespace takt
