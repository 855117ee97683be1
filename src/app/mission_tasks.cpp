#include "app/mission_tasks.h"

#include <algorithm>

namespace takt {

uint64_t MissionTask::job_count(const MissionOptions& options) const {
  uint64_t low = 0;
  uint64_t high = 1;
  const auto released = [&](uint64_t job) {
    return release(Nanos(0), job) < options.duration;
  };
  while (released(high)) high *= 2;
  if (!released(0)) return 0;
  while (high - low > 1) {   // released(low) && !released(high)
    const uint64_t middle = low + (high - low) / 2;
    (released(middle) ? low : high) = middle;
  }
  return options.jobs_max > 0 ? std::min(high, options.jobs_max) : high;
}

bool MissionTask::sheds(Nanos origin, uint64_t job, Nanos now) const {
  return spec.criticality >= Criticality::kSoft && now >= deadline(origin, job);
}

void MissionTask::record_release(Nanos origin, uint64_t job) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::kRelease;
  event.task = index;
  event.job = job;
  event.begin = event.end = release(origin, job);
  events.push_back(event);
}

void MissionTask::record_end(Nanos origin, uint64_t job, Nanos end, JobOutcome outcome) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::kJobEnd;
  event.task = index;
  event.job = job;
  event.begin = release(origin, job);
  event.end = end;
  event.value = static_cast<uint16_t>(outcome);
  events.push_back(event);
}

void MissionTask::record_done(Nanos origin, uint64_t job, Nanos end) {
  record_end(origin, job, end,
             end <= deadline(origin, job) ? JobOutcome::kDone : JobOutcome::kMissed);
}

Result<std::vector<MissionTask>> load_tasks(const CompiledWorkload& compiled,
                                            const std::shared_ptr<Device>& device, uint64_t seed) {
  const Workload& workload = compiled.workload;
  std::vector<MissionTask> tasks;
  for (uint32_t i = 0; i < workload.tasks.size(); ++i) {
    MissionTask task;
    task.spec = workload.tasks[i];
    task.index = i;
    const size_t module = task.spec.module.value();
    const std::string& function = workload.modules[module].function;
    if (compiled.modules[module].vmfb_path.empty())
      return bad_input(workload.modules[module].path + ": module '" +
                       workload.modules[module].name + "' is a graph without a .vmfb: it can be "
                       "planned and simulated, not run");
    TAKT_ASSIGN(task.session, Session::create(device, {compiled.modules[module].vmfb_path}));
    TAKT_ASSIGN(task.call,
                Call::create(*task.session, function, seed + i,
                             compiled.modules[module].graph.find(function)->declaration));
    TAKT_TRY(task.call->run());   // warm, and the outputs exist even if no job is released
    tasks.push_back(std::move(task));
  }
  return tasks;
}

std::vector<std::string> task_names(const Workload& workload) {
  std::vector<std::string> names;
  for (const Task& task : workload.tasks) names.push_back(task.name);
  return names;
}

void collect_events(std::vector<MissionTask>& tasks, TraceCollector& collector) {
  for (MissionTask& task : tasks) {
    for (const TraceEvent& event : task.events) collector.add(event);
    task.events.clear();
  }
}

Result<std::vector<std::vector<std::string>>> last_outputs(const std::vector<MissionTask>& tasks) {
  std::vector<std::vector<std::string>> all;
  for (const MissionTask& task : tasks) {
    TAKT_ASSIGN(std::vector<std::string> outputs, task.call->outputs());
    all.push_back(std::move(outputs));
  }
  return all;
}

}  // namespace takt
