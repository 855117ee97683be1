#include "app/report.h"

#include <algorithm>
#include <cstdio>

#include "trace/perfetto.h"

namespace takt {
namespace {

std::string printed(const char* format, auto... values) {
  char text[256];
  std::snprintf(text, sizeof(text), format, values...);
  return text;
}

}  // namespace

nlohmann::ordered_json tasks_json(const std::vector<TaskFigures>& tasks) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const TaskFigures& task : tasks)
    json.push_back({{"name", task.name},
                    {"jobs", task.jobs},
                    {"done", task.done},
                    {"missed", task.missed},
                    {"shed", task.shed},
                    {"p50_us", task.response_p50.us()},
                    {"p99_us", task.response_p99.us()},
                    {"max_us", task.response_max.us()}});
  return json;
}

nlohmann::ordered_json conformance_json(const Conformance& conformance) {
  return {{"start_error_us_p50", conformance.start_error.p50.us()},
          {"start_error_us_p99", conformance.start_error.p99.us()},
          {"duration_error_us_p50", conformance.duration_error.p50.us()},
          {"duration_error_us_p99", conformance.duration_error.p99.us()},
          {"makespan_error_pct", conformance.makespan_error_pct_p50},
          {"matched", conformance.matched},
          {"missing", conformance.missing},
          {"unplanned", conformance.unplanned}};
}

nlohmann::ordered_json plan_json(const Plan& plan) {
  nlohmann::ordered_json json{{"value_ns", 0},
                              {"bound_ns", 0},
                              {"gap_pct", 0.0},
                              {"solve_ms", plan.provenance.solve_time.ms()}};
  nlohmann::ordered_json levels = nlohmann::ordered_json::array();
  for (const ObjectiveLevel& level : plan.objective) {
    levels.push_back({{"name", level.name},
                      {"value", level.value},
                      {"bound", level.bound},
                      {"status", name_of(level.proof)}});
    if (level.name != "makespan") continue;
    json["value_ns"] = level.value;
    json["bound_ns"] = level.bound;
    json["gap_pct"] = level.gap_pct();
  }
  json["objective"] = levels;
  return json;
}

nlohmann::ordered_json lanes_json(const std::vector<LaneUse>& lanes) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const LaneUse& lane : lanes) json[lane.name] = lane.busy_pct();
  return json;
}

std::string duration_text(Nanos duration) {
  const double us = duration.us();
  if (us < 10) return printed("%.2f us", us);
  if (us < 100) return printed("%.1f us", us);
  if (us < 1000) return printed("%.0f us", us);
  if (us < 1e4) return printed("%.2f ms", us / 1e3);
  if (us < 1e6) return printed("%.1f ms", us / 1e3);
  return printed("%.2f s", us / 1e6);
}

std::string tasks_table(const std::vector<DriverFigures>& drivers) {
  std::string text = printed("  %-14s %-12s %8s %8s %8s %6s %10s %10s %10s\n", "task", "driver",
                             "jobs", "done", "missed", "shed", "p50", "p99", "max");
  const size_t tasks = drivers.empty() ? 0 : drivers.front().tasks.size();
  for (size_t i = 0; i < tasks; ++i) {
    for (const DriverFigures& driver : drivers) {
      const TaskFigures& task = driver.tasks[i];
      const bool first = &driver == &drivers.front();
      text += printed("  %-14s %-12s %8lld %8lld %8lld %6lld %10s %10s %10s\n",
                      first ? task.name.c_str() : "", driver.driver.c_str(),
                      static_cast<long long>(task.jobs), static_cast<long long>(task.done),
                      static_cast<long long>(task.missed), static_cast<long long>(task.shed),
                      duration_text(task.response_p50).c_str(),
                      duration_text(task.response_p99).c_str(),
                      duration_text(task.response_max).c_str());
    }
  }
  return text;
}

std::string conformance_text(const Conformance& conformance) {
  return printed("  start error p50 %s, p99 %s; duration error p50 %s; makespan error %.1f %%\n",
                 duration_text(conformance.start_error.p50).c_str(),
                 duration_text(conformance.start_error.p99).c_str(),
                 duration_text(conformance.duration_error.p50).c_str(),
                 conformance.makespan_error_pct_p50) +
         printed("  %lld operations as planned, %lld of the plan not run, %lld not in the plan\n",
                 static_cast<long long>(conformance.matched),
                 static_cast<long long>(conformance.missing),
                 static_cast<long long>(conformance.unplanned));
}

std::string lanes_text(const std::vector<LaneUse>& lanes) {
  std::string text = "  ";
  for (const LaneUse& lane : lanes)
    text += lane.name + printed(" %.1f %%  ", lane.busy_pct());
  return text + "\n";
}

OpNames op_names(const CompiledWorkload& compiled) {
  OpNames names;
  for (const Task& task : compiled.workload.tasks)
    names.add(task.name, compiled.modules[task.module.value()].graph,
              compiled.workload.modules[task.module.value()].function);
  return names;
}

nlohmann::ordered_json admission_json(const Admission& admission) {
  auto json = nlohmann::ordered_json::array();
  for (const Admitted& one : admission.tasks)
    json.push_back({{"name", one.name}, {"verdict", name_of(one.verdict)}, {"why", one.why}});
  return json;
}

nlohmann::ordered_json loop_json(const LoopReport& loop) {
  nlohmann::ordered_json json{{"window_ms", loop.window.ms()},
                              {"windows", loop.windows},
                              {"planned", loop.planned},
                              {"late", loop.late},
                              {"reused", loop.reused},
                              {"refused", loop.refused},
                              {"replans", loop.replans},
                              {"planner_p50_ms", loop.planner_p50.ms()},
                              {"planner_p99_ms", loop.planner_p99.ms()},
                              {"planner_max_ms", loop.planner_max.ms()},
                              {"reasons", nlohmann::ordered_json::array()}};
  for (const LoopReport::Replan& replan : loop.reasons)
    json["reasons"].push_back({{"reason", name_of(replan.why.reason)},
                               {"subject", replan.subject},
                               {"planned_pct", replan.why.planned_pct},
                               {"measured_pct", replan.why.measured_pct}});
  return json;
}

std::string loop_text(const LoopReport& loop) {
  std::string text = "  windows of " + duration_text(loop.window) + ": " +
                     std::to_string(loop.windows) + ", planned in time " +
                     std::to_string(loop.planned) + ", planner late " + std::to_string(loop.late) +
                     " (ran on under the policy); planner p99 " + duration_text(loop.planner_p99) +
                     "\n";
  if (loop.replans == 0) return text;
  text += "  planned anew " + std::to_string(loop.replans) + " times";
  if (!loop.reasons.empty()) {
    const LoopReport::Replan& last = loop.reasons.back();
    text += ", last for: " + std::string(name_of(last.why.reason)) + " " + last.subject;
    if (last.why.measured_pct != last.why.planned_pct)
      text += " (" + std::to_string(last.why.measured_pct) + " %, planned with " +
              std::to_string(last.why.planned_pct) + " %)";
  }
  return text + "\n";
}

Status write_trace(const std::string& path, const Plan* plan, const Trace& trace,
                   const CompiledWorkload& compiled) {
  const OpNames names = op_names(compiled);
  PerfettoInput input;
  input.plan = plan;
  input.trace = &trace;
  input.names = &names;
  return write_perfetto(path, input);
}

std::vector<TaskFigures> merged_figures(const std::vector<Trace>& traces) {
  Trace all;
  uint64_t first_job = 0;
  for (const Trace& trace : traces) {
    all.tasks = trace.tasks;
    uint64_t next_job = first_job;
    for (TraceEvent event : trace.events) {
      if (event.kind != TraceEvent::Kind::kRelease && event.kind != TraceEvent::Kind::kJobEnd)
        continue;
      event.job += first_job;
      next_job = std::max(next_job, event.job + 1);
      all.events.push_back(event);
    }
    all.dropped += trace.dropped;
    first_job = next_job;
  }
  return task_figures(all);
}

}  // namespace takt
