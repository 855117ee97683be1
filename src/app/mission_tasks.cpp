#include "app/mission_tasks.h"

#include <algorithm>

#include "base/rng.h"

namespace takt {

uint64_t JobSeries::end_before(Nanos until) const {
  if (until == Nanos::max()) return UINT64_MAX;
  const auto released = [&](uint64_t job) { return release(job) < until; };
  if (!released(first)) return first;
  uint64_t step = 1;
  while (released(first + step)) step *= 2;
  uint64_t low = first, high = first + step;
  while (high - low > 1) {   // released(low) && !released(high)
    const uint64_t middle = low + (high - low) / 2;
    (released(middle) ? low : high) = middle;
  }
  return high;
}

uint64_t JobSeries::end_of(const MissionOptions& options) const {
  const uint64_t end =
      end_before(options.duration > Nanos(0) ? start + options.duration : Nanos::max());
  return options.jobs_max > 0 ? std::min(end, first + options.jobs_max) : end;
}

TraceEvent JobSeries::release_event(uint64_t job) const {
  TraceEvent event;
  event.kind = TraceEvent::Kind::kRelease;
  event.task = index;
  event.job = job;
  event.begin = event.end = release(job);
  return event;
}

TraceEvent JobSeries::end_event(uint64_t job, Nanos end, JobOutcome outcome) const {
  TraceEvent event;
  event.kind = TraceEvent::Kind::kJobEnd;
  event.task = index;
  event.job = job;
  event.begin = release(job);
  event.end = end;
  event.value = static_cast<uint16_t>(outcome);
  return event;
}

namespace {

// A task's inputs depend on its name, not on which other tasks there are: a mission that was
// changed is compared with one that never was anything else.
uint64_t input_seed(uint64_t seed, const std::string& task) {
  for (const char c : task) seed = Rng(seed ^ static_cast<unsigned char>(c)).next();
  return seed;
}

}  // namespace

Result<MissionTask> load_task(const CompiledWorkload& compiled, uint32_t index,
                              const std::shared_ptr<Device>& device, uint64_t seed) {
  MissionTask task;
  task.spec = compiled.workload.tasks[index];
  const size_t module = task.spec.module.value();
  const std::string& function = compiled.workload.modules[module].function;
  if (compiled.modules[module].vmfb_path.empty())
    return bad_input(compiled.workload.modules[module].path + ": is a graph without a .vmfb: it "
                     "can be planned and simulated, not run");
  TAKT_ASSIGN(task.session, Session::create(device, {compiled.modules[module].vmfb_path}));
  TAKT_ASSIGN(task.call, Call::create(*task.session, function, input_seed(seed, task.spec.name),
                                      compiled.modules[module].graph.find(function)->declaration));
  TAKT_TRY(task.call->run());   // warm, and the outputs exist even if no job is released
  return task;
}

Result<std::vector<MissionTask>> load_tasks(const CompiledWorkload& compiled,
                                            const std::shared_ptr<Device>& device, uint64_t seed) {
  std::vector<MissionTask> tasks;
  for (uint32_t i = 0; i < compiled.workload.tasks.size(); ++i) {
    TAKT_ASSIGN(MissionTask task, load_task(compiled, i, device, seed));
    tasks.push_back(std::move(task));
  }
  return tasks;
}

std::vector<std::string> task_names(const Workload& workload) {
  std::vector<std::string> names;
  for (const Task& task : workload.tasks) names.push_back(task.name);
  return names;
}

}  // namespace takt
