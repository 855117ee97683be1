// Missions of real networks on a takt device: every released job ends as done, missed or shed,
// whatever changes while they run. Nothing here depends on how fast the machine is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "app/examples.h"
#include "app/mission_control.h"
#include "app/planning.h"
#include "app/takt_mission.h"

namespace takt {
namespace {

template <class T>
T must(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  ADD_FAILURE() << result.error().message;
  std::abort();
}

const std::string kDir = TAKT_MISSION_DIR;

// Tasks on the networks "policy" and "estimator", by name.
Task task_of(const std::string& name, uint32_t module, Nanos period, Criticality criticality) {
  Task task;
  task.name = name;
  task.module = ModuleId(module);
  task.period = {period.ns, 1};
  task.deadline = period;
  task.criticality = criticality;
  return task;
}

CompiledWorkload workload_of(std::vector<Task> tasks) {
  static const bool written = write_examples(kDir + "/models").ok();
  EXPECT_TRUE(written);
  Workload workload;
  workload.name = "test";
  for (const char* module : {"policy", "estimator"})
    workload.modules.push_back({module, kDir + "/models/" + module + ".mlir", "main"});
  workload.tasks = std::move(tasks);
  return must(compile_workload(workload, kDir + "/modules"));
}

// Costs that make a plan; what they are does not matter here.
PlannedWorkload planned(const CompiledWorkload& compiled) {
  Soc soc;
  soc.name = "two";
  soc.clusters.push_back({"lane", "core", 2, {}, {}});
  derive_lanes(soc);
  CostTable costs;
  for (const compile::CompiledModule& module : compiled.modules)
    for (const GraphOp& op : module.graph.find("main")->ops) {
      const CostSubject subject = cost_subject(module.graph, op);
      costs.set({subject.kernel_hash, subject.workgroups, "core", 1, "default"},
                {1, micros(5), micros(5), micros(5), micros(5), false});
    }
  PlanningOptions options;
  return must(plan_workload(compiled, soc, costs, options));
}

Plan plan_of(const CompiledWorkload& compiled) { return planned(compiled).plan; }

std::shared_ptr<Device> two_lanes(int lanes = 2) {
  DeviceOptions options;
  options.lanes = lanes;
  options.pin = false;
  options.policy = "hybrid";
  options.inline_submit = false;
  options.trace_capacity = 1 << 14;
  return must(Device::create_takt(options));
}

std::set<uint64_t> jobs_of(const Trace& trace, const std::string& task, TraceEvent::Kind kind) {
  std::set<uint64_t> jobs;
  for (const TraceEvent& event : trace.events)
    if (event.kind == kind && trace.tasks[event.task] == task) jobs.insert(event.job);
  return jobs;
}

const TaskFigures& figures_of(const std::vector<TaskFigures>& all, const std::string& task) {
  for (const TaskFigures& figures : all)
    if (figures.name == task) return figures;
  ADD_FAILURE() << "no task " << task;
  std::abort();
}

// A mission that runs on a thread of its own until stop().
class Running {
 public:
  Running(Mission& mission, MissionOptions options) {
    options.stop = &stop_;
    options.progress = [this] { ticks_.fetch_add(1); };
    thread_ = std::thread([this, &mission, options] { trace_ = mission.run(options); });
  }
  ~Running() {
    if (thread_.joinable()) stop();
  }
  void wait_for_ticks(int count) {
    const int until = ticks_.load() + count;
    while (ticks_.load() < until) std::this_thread::yield();
  }
  Trace stop() {
    stop_ = true;
    thread_.join();
    return must(std::move(*trace_));
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<int> ticks_{0};
  std::optional<Result<Trace>> trace_;
  std::thread thread_;
};

MissionOptions endless() {
  MissionOptions options;
  options.duration = Nanos(0);
  return options;
}

TEST(MissionTest, AWorkloadChangesWhileItRunsAndKeptTasksMissNoJob) {
  const Task control = task_of("control", 0, millis(2), Criticality::kHard);
  const Task vision = task_of("vision", 1, millis(5), Criticality::kFirm);
  const CompiledWorkload before = workload_of({control, vision});
  const CompiledWorkload after =
      workload_of({task_of("extra", 1, millis(4), Criticality::kSoft), control});
  const Plan first = plan_of(before), second = plan_of(after);
  const std::shared_ptr<Device> device = two_lanes();
  const std::unique_ptr<Mission> mission = must(Mission::create(before, device, 1));
  MissionControl& change = *mission->control();

  EXPECT_FALSE(change.switch_to(after, &second, nullptr).ok()) << "it does not run yet";
  Running running(*mission, endless());
  running.wait_for_ticks(1);
  EXPECT_FALSE(change.switch_to(after, &first, nullptr).ok()) << "a plan for other tasks";
  EXPECT_EQ(change.workload().workload.tasks.size(), 2u);
  EXPECT_EQ(change.workload().workload.tasks[1].name, "vision");

  const uint64_t planned_before = device->control()->statistics().planned_submissions;
  const SwitchReport there = must(change.switch_to(after, &second, nullptr));
  EXPECT_THAT(there.kept, testing::ElementsAre("control"));
  EXPECT_THAT(there.started, testing::ElementsAre("extra"));
  EXPECT_THAT(there.stopped, testing::ElementsAre("vision"));
  EXPECT_EQ(there.at.ns % millis(2).ns, 0) << "on the kept task's releases";
  running.wait_for_ticks(2);
  EXPECT_GT(device->control()->statistics().planned_submissions, planned_before);
  const SwitchReport back = must(change.switch_to(before, &first, nullptr));
  EXPECT_THAT(back.stopped, testing::ElementsAre("extra"));
  EXPECT_GT(back.at, there.at);
  for (int i = 0; i < 3; ++i) {
    must(change.switch_to(after, &second, nullptr));
    must(change.switch_to(before, &first, nullptr));
  }
  running.wait_for_ticks(2);
  EXPECT_LT(device->control()->plans_held(), 8u) << "plans that no lane can read are freed";
  const std::vector<TaskFigures> counted = change.figures();
  const Trace trace = running.stop();

  const std::vector<TaskFigures> figures = task_figures(trace);
  const Status checked = check_jobs(figures, trace.dropped);
  EXPECT_TRUE(checked.ok()) << checked.error().message;
  for (const char* task : {"control", "vision", "extra"}) {
    const std::set<uint64_t> released = jobs_of(trace, task, TraceEvent::Kind::kRelease);
    ASSERT_FALSE(released.empty()) << task;
    EXPECT_EQ(*released.rbegin() + 1, released.size()) << task << ": numbers go on";
    EXPECT_LE(figures_of(counted, task).jobs, figures_of(figures, task).jobs);
  }
  // The releases of the kept task are its grid from the start on, without a gap.
  for (const TraceEvent& event : trace.events)
    if (event.kind == TraceEvent::Kind::kRelease && trace.tasks[event.task] == "control")
      EXPECT_EQ(event.begin - trace.origin, millis(2) * static_cast<int64_t>(event.job));
}

TEST(MissionTest, ARateChangesAndAPlanlessWorkloadGoesOn) {
  const CompiledWorkload slow = workload_of({task_of("control", 0, millis(4), Criticality::kHard)});
  const CompiledWorkload fast = workload_of({task_of("control", 0, millis(2), Criticality::kHard)});
  const std::unique_ptr<Mission> mission = must(Mission::create(slow, two_lanes(), 1));
  Running running(*mission, endless());
  running.wait_for_ticks(1);
  const SwitchReport report = must(mission->control()->switch_to(fast, nullptr, nullptr));
  EXPECT_THAT(report.stopped, testing::ElementsAre("control"));
  EXPECT_THAT(report.started, testing::ElementsAre("control"));
  running.wait_for_ticks(2);
  const Trace trace = running.stop();
  ASSERT_EQ(trace.tasks, std::vector<std::string>{"control"});
  EXPECT_TRUE(check_jobs(task_figures(trace), trace.dropped).ok());
  Nanos last = Nanos::min();
  for (const TraceEvent& event : trace.events) {
    if (event.kind != TraceEvent::Kind::kRelease) continue;
    const Nanos at = event.begin - trace.origin;
    if (last != Nanos::min())
      EXPECT_EQ((at - last).ns, at > report.at ? millis(2).ns : millis(4).ns) << at.ns;
    last = at;
  }
}

TEST(MissionTest, AJobThatThePolicyGivesUpIsShedAndItsTaskGoesOn) {
  // On one lane hard work without an end; the soft task's jobs cannot be in time.
  const CompiledWorkload compiled =
      workload_of({task_of("hard", 1, micros(2), Criticality::kHard),
                   task_of("soft", 0, millis(2), Criticality::kSoft)});
  const std::shared_ptr<Device> device = two_lanes(1);
  const std::unique_ptr<Mission> mission = must(Mission::create(compiled, device, 1));
  MissionOptions options;
  options.duration = millis(20);
  options.jobs_max = 5000;
  const Trace trace = must(mission->run(options));
  const std::vector<TaskFigures> figures = task_figures(trace);
  EXPECT_TRUE(check_jobs(figures, trace.dropped).ok());
  EXPECT_EQ(figures_of(figures, "soft").jobs, 10);
  EXPECT_EQ(figures_of(figures, "hard").jobs, 5000);
  EXPECT_GT(figures_of(figures, "soft").shed, 0);
  const auto outputs = must(mission->outputs());
  const std::unique_ptr<Mission> reference =
      must(Mission::create(compiled, must(Device::create_stock("local-sync")), 1));
  EXPECT_EQ(outputs, must(reference->outputs())) << "also of a task whose last job was shed";
}

TEST(MissionTest, LateJobsOfATaskThatAbortsEndAsMissedAndItsTaskGoesOn) {
  // Deadlines before any job could be done.
  Task aborts = task_of("aborts", 1, millis(1), Criticality::kHard);
  aborts.deadline = Nanos(100);
  aborts.overrun = Overrun::kAbort;
  Task runs_on = aborts;
  runs_on.name = "runs on";
  runs_on.overrun = Overrun::kRunOn;
  const CompiledWorkload compiled = workload_of({aborts, runs_on});
  const std::shared_ptr<Device> device = two_lanes(1);
  const std::unique_ptr<Mission> mission = must(Mission::create(compiled, device, 1));
  MissionOptions options;
  options.duration = millis(200);
  const Trace trace = must(mission->run(options));
  const std::vector<TaskFigures> figures = task_figures(trace);
  EXPECT_TRUE(check_jobs(figures, trace.dropped).ok());
  std::map<std::string, int> operations;
  for (const TraceEvent& event : trace.events)
    if (event.kind == TraceEvent::Kind::kOp) ++operations[trace.tasks[event.task]];
  for (const char* task : {"aborts", "runs on"}) {
    EXPECT_EQ(figures_of(figures, task).jobs, 200) << task;
    EXPECT_EQ(figures_of(figures, task).missed, 200) << task;
  }
  EXPECT_LT(operations["aborts"], operations["runs on"]);
}

TEST(MissionTest, AnEventDrivenJobBeginsWhenItsTriggerIsDoneAndIsShedWithIt) {
  // On one lane hard work without an end: some of the soft jobs are given up.
  Task see = task_of("see", 0, millis(2), Criticality::kSoft);
  Task track = task_of("track", 0, millis(2), Criticality::kSoft);
  track.arrival = Arrival::kEvent;
  track.on = TaskId(1u);
  const CompiledWorkload compiled =
      workload_of({task_of("hard", 1, micros(2), Criticality::kHard), see, track});
  const std::unique_ptr<Mission> mission = must(Mission::create(compiled, two_lanes(1), 1));
  MissionOptions options;
  options.duration = millis(60);
  options.jobs_max = 3000;
  const Trace trace = must(mission->run(options));
  const std::vector<TaskFigures> figures = task_figures(trace);
  EXPECT_TRUE(check_jobs(figures, trace.dropped).ok());
  EXPECT_EQ(figures_of(figures, "track").jobs, 30);
  std::map<uint64_t, const TraceEvent*> seen;
  for (const TraceEvent& event : trace.events)
    if (event.kind == TraceEvent::Kind::kJobEnd && trace.tasks[event.task] == "see")
      seen[event.job] = &event;
  int shed = 0;
  for (const TraceEvent& event : trace.events) {
    if (event.task >= trace.tasks.size() || trace.tasks[event.task] != "track") continue;
    ASSERT_TRUE(seen.contains(event.job)) << event.job;
    if (event.kind == TraceEvent::Kind::kOp) EXPECT_GE(event.begin, seen[event.job]->end);
    if (event.kind != TraceEvent::Kind::kJobEnd) continue;
    EXPECT_EQ(event.begin, seen[event.job]->begin) << "released with it";
    if (seen[event.job]->value != static_cast<uint16_t>(JobOutcome::kShed)) continue;
    EXPECT_EQ(event.value, static_cast<uint16_t>(JobOutcome::kShed));
    ++shed;
  }
  EXPECT_GT(shed, 0);
}

TEST(MissionTest, WritersAndReadersOfABufferWaitForEachOther) {
  const CompiledWorkload alone = workload_of({task_of("write", 1, millis(1), Criticality::kHard),
                                              task_of("read", 0, millis(1), Criticality::kHard)});
  CompiledWorkload compiled = alone;
  compiled.workload.edges.push_back(
      {TaskId(0u), TaskId(1u), DataEdge::Mode::kEvery, 1, Nanos::max()});
  const std::unique_ptr<Mission> mission = must(Mission::create(compiled, two_lanes(), 1));
  MissionOptions options;
  options.duration = millis(200);
  const Trace trace = must(mission->run(options));
  EXPECT_TRUE(check_jobs(task_figures(trace), trace.dropped).ok());
  std::map<std::pair<std::string, uint64_t>, Nanos> ends;
  for (const TraceEvent& event : trace.events)
    if (event.kind == TraceEvent::Kind::kJobEnd)
      ends[{trace.tasks[event.task], event.job}] = event.end;
  EXPECT_EQ(ends.size(), 400u);
  for (const TraceEvent& event : trace.events) {
    if (event.kind != TraceEvent::Kind::kOp) continue;
    const std::string& task = trace.tasks[event.task];
    if (task == "read") EXPECT_GE(event.begin, ends.at({"write", event.job})) << event.job;
    if (task == "write" && event.job > 0)
      EXPECT_GE(event.begin, ends.at({"read", event.job - 1})) << event.job;
  }
}

TEST(MissionTest, ARunWithoutAnEndKeepsItsTailAndCountsAll) {
  const CompiledWorkload compiled =
      workload_of({task_of("control", 0, millis(1), Criticality::kHard)});
  const std::unique_ptr<Mission> mission = must(Mission::create(compiled, two_lanes(), 1));
  MissionOptions options = endless();
  options.events_max = 50;
  Running running(*mission, options);
  running.wait_for_ticks(5);
  const Trace trace = running.stop();
  EXPECT_EQ(trace.events.size(), 50u);
  EXPECT_EQ(trace.dropped, 0u);
  const TaskFigures figures = mission->control()->figures()[0];
  EXPECT_GT(figures.jobs, 100);
  EXPECT_EQ(figures.done + figures.missed + figures.shed, figures.jobs);
  EXPECT_EQ(*jobs_of(trace, "control", TraceEvent::Kind::kRelease).rbegin() + 1,
            static_cast<uint64_t>(figures.jobs)) << "the tail is the end";
}

TEST(MissionTest, WindowsArePlannedWhileTheMissionRuns) {
  const CompiledWorkload compiled =
      workload_of({task_of("control", 0, millis(20), Criticality::kHard),
                   task_of("vision", 1, millis(50), Criticality::kFirm)});
  const PlannedWorkload first = planned(compiled);
  const std::shared_ptr<Device> device = two_lanes();
  const std::unique_ptr<Mission> mission = must(Mission::create(compiled, device, 1));
  MissionOptions options = endless();
  options.planning = &first.instance;
  Running running(*mission, options);
  LoopReport report;
  while (report.planned < 3 || report.windows < 6) {
    running.wait_for_ticks(1);
    report = *mission->control()->loop_report();
    ASSERT_EQ(report.refused, 0u) << "the device takes what the planner makes";
  }
  EXPECT_EQ(report.window, millis(100));
  EXPECT_GE(report.windows, report.planned + report.late);
  EXPECT_GT(report.planner_max, Nanos(0));
  EXPECT_GT(device->control()->statistics().planned_submissions, 0u)
      << "without a plan of their own, jobs have that of their window";
  EXPECT_LT(device->control()->plans_held(), 10u);

  // The costs are made up, so what is measured differs: that is a reason to plan anew.
  while (report.replans == 0) {
    running.wait_for_ticks(1);
    report = *mission->control()->loop_report();
  }
  EXPECT_FALSE(report.reasons.empty());

  // Windows of what the mission goes over to are planned from the boundary on.
  const CompiledWorkload after =
      workload_of({task_of("extra", 1, millis(40), Criticality::kSoft),
                   task_of("control", 0, millis(20), Criticality::kHard)});
  const PlannedWorkload second = planned(after);
  MissionControl& change = *mission->control();
  EXPECT_FALSE(change.switch_to(after, &second.plan, &first.instance).ok()) << "of other tasks";
  EXPECT_THAT(must(change.switch_to(after, &second.plan, &second.instance)).kept,
              testing::ElementsAre("control"));
  const uint64_t planned_before = change.loop_report()->planned;
  do {
    running.wait_for_ticks(1);
    report = *change.loop_report();
    ASSERT_EQ(report.refused, 0u);
  } while (report.window != millis(40) || report.planned < planned_before + 5);
  EXPECT_LT(device->control()->plans_held(), 12u);

  // A change that brings no instance ends the planning, and the mission goes on.
  const Plan third = plan_of(compiled);
  must(change.switch_to(compiled, &third, nullptr));
  running.wait_for_ticks(4);
  const uint64_t planned_windows = change.loop_report()->planned;
  running.wait_for_ticks(4);
  EXPECT_EQ(change.loop_report()->planned, planned_windows);
  const Trace trace = running.stop();
  std::vector<TaskFigures> figures = task_figures(trace);
  const Status checked = check_jobs(figures, trace.dropped);
  EXPECT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_GT(figures_of(figures, "control").jobs, 30);
  std::printf("windows %llu: planned %llu, late %llu, kept plans %llu, replans %llu (%s of %s), "
              "planner p50 %.2f ms, p99 %.2f ms\n",
              static_cast<unsigned long long>(report.windows),
              static_cast<unsigned long long>(report.planned),
              static_cast<unsigned long long>(report.late),
              static_cast<unsigned long long>(report.reused),
              static_cast<unsigned long long>(report.replans),
              std::string(name_of(report.reasons.back().why.reason)).c_str(),
              report.reasons.back().subject.c_str(), report.planner_p50.ms(),
              report.planner_p99.ms());
}

}  // namespace
}  // namespace takt
