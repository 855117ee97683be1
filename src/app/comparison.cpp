#include "app/comparison.h"

#include <algorithm>

#include "app/report.h"

namespace takt {
namespace {

using Outputs = std::vector<std::vector<std::string>>;   // per task

Result<Outputs> reference_outputs(const CompiledWorkload& compiled,
                                  const std::shared_ptr<Device>& reference, uint64_t seed) {
  TAKT_ASSIGN(const std::unique_ptr<Mission> mission,
              Mission::create(compiled, reference, seed));
  return mission->outputs();   // loading runs every function once
}

Status run_segment(Mission& mission, DeviceRun& run, const Outputs& expected,
                   const MissionOptions& options) {
  TAKT_ASSIGN(Trace trace, mission.run(options));
  TAKT_ASSIGN(const Outputs outputs, mission.outputs());
  for (size_t task = 0; task < expected.size(); ++task)
    if (outputs[task] != expected[task]) run.identical[task] = false;
  run.traces.push_back(std::move(trace));
  return {};
}

bool stopped(const ComparisonOptions& options) { return options.stop && options.stop->load(); }

}  // namespace

Result<std::vector<DeviceRun>> compare(const CompiledWorkload& compiled,
                                       const std::vector<std::shared_ptr<Device>>& devices,
                                       const std::shared_ptr<Device>& reference,
                                       const ComparisonOptions& options) {
  TAKT_ASSIGN(const Outputs expected,
              reference_outputs(compiled, reference, options.seed));
  std::vector<DeviceRun> runs;
  std::vector<std::unique_ptr<Mission>> missions;
  for (const std::shared_ptr<Device>& device : devices) {
    TAKT_ASSIGN(std::unique_ptr<Mission> mission,
                Mission::create(compiled, device, options.seed));
    missions.push_back(std::move(mission));
    runs.push_back(
        {device->name(), {}, {}, std::vector<bool>(compiled.workload.tasks.size(), true)});
  }
  for (Nanos done; done < options.duration && !stopped(options);) {
    MissionOptions segment;
    segment.duration = std::min(options.segment, options.duration - done);
    segment.jobs_max = options.jobs_max;
    segment.stop = options.stop;
    for (size_t i = 0; i < missions.size(); ++i) {
      if (options.progress) options.progress(runs[i].name, done);
      TAKT_TRY(run_segment(*missions[i], runs[i], expected, segment));
    }
    done += segment.duration;
  }
  for (DeviceRun& run : runs) {
    run.tasks = merged_figures(run.traces);
    uint64_t dropped = 0;
    for (const Trace& trace : run.traces) dropped += trace.dropped;
    TAKT_TRY(check_jobs(run.tasks, dropped));
  }
  return runs;
}

}  // namespace takt
