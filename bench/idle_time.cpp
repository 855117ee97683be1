// idle-time: how much of the time that a far too long plan leaves free hybrid makes use of
// (sim/idle_time_case.h), in the simulator.
#include "sim/idle_time_case.h"

#include <algorithm>

#include "app/simulation.h"
#include "bench/measure.h"
#include "bench/suites.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

constexpr int64_t kSteps = 20'000;   // of the solver

struct Ran {
  Nanos end;                         // of perception
  int64_t delayed = 0;               // control jobs that did not run at once
};

Result<Plan> plan_for(const Instance& instance) {
  SimCase which;
  which.instance = instance;
  SimPlanOptions planning;
  planning.solve = {};
  planning.solve.steps = kSteps;
  TAKT_TRY(add_plan(planning, which));
  return *which.plan;
}

Nanos end_of(const Plan& plan) {
  Nanos end;
  for (const PlanOp& op : plan.operations)
    if (op.task == TaskId(0u)) end = std::max(end, op.end());
  return end;
}

// The true durations under that plan.
Result<Ran> run(const IdleTimeCase& which, const Plan& plan, const char* policy) {
  TAKT_ASSIGN(const SimInput input, make_sim_input(which.instance, &plan));
  SimOptions options;
  TAKT_ASSIGN(options.policy, find_policy(policy));
  options.trace = false;
  TAKT_ASSIGN(const SimResult result, simulate(input, options));
  Ran ran;
  for (const TraceEvent& e : result.trace.events) {
    if (e.kind != TraceEvent::Kind::kJobEnd) continue;
    if (e.task == 0) ran.end = e.end;
    else ran.delayed += JobOutcome(e.value) != JobOutcome::kDone;
  }
  return ran;
}

}  // namespace

Result<Json> idle_time(const Options& options) {
  const int cases = options.rounds ? options.rounds : options.quick ? 5 : 50;
  Json report{{"suite", "idle-time"}, {"machine", machine()}, {"cases", Json::array()}};
  double worst = 0, sum = 0;
  int64_t delayed = 0;
  for (int seed = 1; seed <= cases; ++seed) {
    const IdleTimeCase which = idle_time_case(uint64_t(seed));
    TAKT_ASSIGN(const Plan right, plan_for(which.instance));
    TAKT_ASSIGN(const Plan wrong, plan_for(which.overestimated));
    TAKT_ASSIGN(const Ran strict, run(which, wrong, "strict"));
    TAKT_ASSIGN(const Ran hybrid, run(which, wrong, "hybrid"));
    TAKT_ASSIGN(const Ran knowing, run(which, right, "hybrid"));
    const Nanos planned = end_of(right);
    const double ratio = double(hybrid.end.ns) / double(planned.ns);
    worst = std::max(worst, ratio);
    sum += ratio;
    delayed += hybrid.delayed;
    report["cases"].push_back({{"seed", seed},
                               {"true_plan_us", planned.us()},
                               {"wrong_plan_us", end_of(wrong).us()},
                               {"strict_us", strict.end.us()},
                               {"hybrid_us", hybrid.end.us()},
                               {"hybrid_true_plan_us", knowing.end.us()},
                               {"control_delayed", hybrid.delayed}});
  }
  report["mean_ratio"] = sum / cases;
  report["checks"] = {{{"figure", "end under hybrid / end of the plan with true durations, worst"},
                       {"value", worst}, {"goal", 1.03}, {"met", worst <= 1.03}},
                      {{"figure", "control jobs delayed"},
                       {"value", delayed}, {"goal", 0}, {"met", delayed == 0}}};
  return report;
}

}  // namespace takt::bench
