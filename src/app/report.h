// Reports: what a run did, as JSON for tools and as a table for people. Shared by
// `takt run`, the demo and the benchmarks.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/loop_report.h"
#include "app/prepare.h"
#include "model/plan.h"
#include "model/trace_event.h"
#include "solve/admission.h"
#include "trace/conformance.h"
#include "trace/figures.h"
#include "trace/op_names.h"

namespace takt {

// {"name", "jobs", "done", "missed", "shed", "p50_us", "p99_us", "max_us"} per task.
nlohmann::ordered_json tasks_json(const std::vector<TaskFigures>& tasks);
// {"start_error_us_p50", "start_error_us_p99", "duration_error_us_p50",
//  "makespan_error_pct", "matched", "missing", "unplanned"}
nlohmann::ordered_json conformance_json(const Conformance& conformance);
// {"value_ns", "bound_ns", "gap_pct", "solve_ms", "objective": levels} of a plan; value and
// bound are the makespan's.
nlohmann::ordered_json plan_json(const Plan& plan);
// {lane: busy percent}
nlohmann::ordered_json lanes_json(const std::vector<LaneUse>& lanes);

// One row per task and driver:  task  driver  jobs  done  missed  shed  p50  p99  max
struct DriverFigures {
  std::string driver;
  std::vector<TaskFigures> tasks;
};
std::string tasks_table(const std::vector<DriverFigures>& drivers);

// [{"name", "verdict", "why"}]
nlohmann::ordered_json admission_json(const Admission& admission);

// How planning went beside the run: {"windows", "planned", "late", ..., "replans", "reasons"}.
nlohmann::ordered_json loop_json(const LoopReport& loop);
std::string loop_text(const LoopReport& loop);

std::string conformance_text(const Conformance& conformance);
std::string lanes_text(const std::vector<LaneUse>& lanes);

OpNames op_names(const CompiledWorkload& compiled);

// Plan (may be nullptr) and run side by side for ui.perfetto.dev.
Status write_trace(const std::string& path, const Plan* plan, const Trace& trace,
                   const CompiledWorkload& compiled);

// "12.3 us", "4.56 ms": three significant digits.
std::string duration_text(Nanos duration);

// Several traces of one mission (one after another, jobs numbered from 0 each time) as
// figures over all their jobs.
std::vector<TaskFigures> merged_figures(const std::vector<Trace>& traces);

}  // namespace takt
