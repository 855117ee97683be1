#include "app/live_run.h"

#include <algorithm>

#include "app/mission_control.h"

namespace takt {
namespace {

Result<std::vector<bool>> compare_outputs(Mission& mission, const CompiledWorkload& ran,
                                          const std::shared_ptr<Device>& reference,
                                          uint64_t seed) {
  TAKT_ASSIGN(const auto outputs, mission.outputs());
  TAKT_ASSIGN(const auto stock, Mission::create(ran, reference, seed));
  TAKT_ASSIGN(const auto expected, stock->outputs());   // loading runs every function once
  std::vector<bool> identical;
  for (size_t task = 0; task < expected.size(); ++task)
    identical.push_back(outputs.at(task) == expected[task]);
  return identical;
}

}  // namespace

Result<DeviceRun> run_live(const CompiledWorkload& compiled, const std::shared_ptr<Device>& device,
                           const std::shared_ptr<Device>& reference,
                           const MissionOptions& options, uint64_t seed,
                           const Companion& companion) {
  TAKT_ASSIGN(const std::unique_ptr<Mission> mission, Mission::create(compiled, device, seed));
  DeviceRun run;
  run.name = device->name();
  {
    TAKT_ASSIGN(const std::shared_ptr<void> beside, companion(*mission));
    TAKT_ASSIGN(Trace trace, mission->run(options));
    run.traces.push_back(std::move(trace));
  }
  const Trace& trace = run.traces.front();
  MissionControl* const control = mission->control();
  // A long run's trace is not whole; its counts are.
  const bool counted = control && trace.dropped > 0;
  run.tasks = counted ? control->figures() : task_figures(trace);
  if (control) run.loop = control->loop_report();
  // Work of the mission itself ("takt.planner") has no jobs.
  std::erase_if(run.tasks, [&](const TaskFigures& task) {
    return task.jobs == 0 && std::none_of(
        compiled.workload.tasks.begin(), compiled.workload.tasks.end(),
        [&](const Task& known) { return known.name == task.name; });
  });
  TAKT_TRY(check_jobs(run.tasks, counted ? 0 : trace.dropped));
  TAKT_ASSIGN(run.identical,
              compare_outputs(*mission, control ? control->workload() : compiled, reference, seed));
  return run;
}

}  // namespace takt
