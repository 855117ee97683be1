#include "bench/executor_cotenant.h"

#include <pthread.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <ctime>
#include <list>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "bench/executor_peers.h"

namespace takt::bench {
namespace {

constexpr Nanos kPeriod = millis(4), kControlOffset = millis(2), kControlDeadline = millis(1);
constexpr int kJobs = 60;                              // of each task in a round
constexpr Nanos kSlice = millis(3), kSlicePeriod = millis(10);

void sleep_until(Nanos time) {
  const timespec until{time_t(time.ns / 1'000'000'000), long(time.ns % 1'000'000'000)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

class Cotenant {
 public:
  Cotenant() : thread_([this] { steal(); }) {}
  ~Cotenant() {
    stop_ = true;
    thread_.join();
  }
  bool realtime() const { return realtime_; }

 private:
  void steal() {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(1, &set);
    pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
    sched_param priority{};
    priority.sched_priority = 50;
    realtime_ = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
    for (Nanos next = monotonic_now(); !stop_; next = next + kSlicePeriod) {
      sleep_until(next);
      while (monotonic_now() < next + kSlice) {}
    }
  }

  std::atomic<bool> stop_{false}, realtime_{false};
  std::thread thread_;
};

// One periodic task on one executor.
class PeriodicTask {
 public:
  PeriodicTask(Dag dag, uint64_t steps, Assignment plan, bool planned)
      : dag_(std::move(dag)), work_(dag_), program_(program_of(dag_, work_)), planned_(planned) {
    work_.steps = steps;
    // Never freed: submission.h wants it to outlive the executor.
    plan_ = new Assignment(std::move(plan));
    tape_ = Tape::compile(program_, *plan_);
    CHECK(tape_);
  }

  // False: skipped, the last job still runs.
  bool submit(Executor& executor, Criticality criticality, Nanos window, Nanos release,
              Nanos deadline) {
    if (running_.load(std::memory_order_acquire)) return false;
    running_.store(true, std::memory_order_relaxed);
    Submission* submission = executor.acquire();
    submission->program = &program_;
    submission->data = &work_;
    submission->owner = this;
    submission->release = release;
    submission->deadline = deadline_ = deadline;
    submission->criticality = criticality;
    if (planned_) {
      submission->assignment = plan_;
      submission->tape = &*tape_;
      submission->plan_base = window;
    }
    submission->done = [](Submission& s, Fault) { static_cast<PeriodicTask*>(s.owner)->end(); };
    executor.submit(submission);
    return true;
  }

  bool running() const { return running_.load(std::memory_order_acquire); }
  uint64_t done = 0, missed = 0;      // jobs; stable when not running()
  uint32_t items() const { return dag_.items(); }

 private:
  void end() {
    ++done;
    missed += monotonic_now() > deadline_;
    running_.store(false, std::memory_order_release);
  }

  const Dag dag_;
  DagWork work_;
  Program program_;
  const bool planned_;
  const Assignment* plan_ = nullptr;
  std::optional<Tape> tape_;
  Nanos deadline_;
  std::atomic<bool> running_{false};
};

// The plan of `dag` with items of 10 us, from `begin` on; a chain on `lane`.
Assignment timed_plan(const Dag& dag, Nanos begin, uint32_t lane) {
  Assignment plan;
  plan.items.resize(dag.items());
  plan.by_lane.resize(2);
  std::array<Nanos, 2> free{begin, begin};
  for (uint32_t n = 0; n < dag.items(); ++n) {
    const uint32_t on = dag.layer ? n % dag.layer * 2 / dag.layer : lane;
    if (dag.layer && n % dag.layer == 0) free[0] = free[1] = std::max(free[0], free[1]);
    plan.items[n] = {free[on], micros(10), LaneMask::of(on)};
    free[on] = free[on] + micros(10);
    plan.lanes.add(on);
    plan.by_lane[on].push_back(n);
  }
  plan.end = std::max(free[0], free[1]);
  return plan;
}

struct Mission {
  std::unique_ptr<Executor> executor;
  std::unique_ptr<PeriodicTask> vision, control;
  uint64_t skipped = 0, control_jobs = 0, control_lost = 0;
  Nanos time;
};

Result<std::unique_ptr<Mission>> make_mission(const char* policy, uint64_t steps) {
  auto mission = std::make_unique<Mission>();
  ExecutorOptions options;
  options.cpus = {0, 1};
  TAKT_ASSIGN(options.policy, find_policy(policy));
  options.drop_fault = [](Fault) {};
  options.inline_submit = false;
  mission->executor = std::make_unique<Executor>(options);
  const bool planned = std::string_view(policy) != "dynamic";
  const Dag vision = layered_dag(26, 20, 2), control = chain_dag(5);
  mission->vision = std::make_unique<PeriodicTask>(vision, steps, timed_plan(vision, Nanos(0), 0),
                                                   planned);
  mission->control = std::make_unique<PeriodicTask>(
      control, steps, timed_plan(control, kControlOffset, 1), planned);
  return mission;
}

void fly(Mission& m) {
  const Nanos begin = monotonic_now() + millis(1);
  for (int job = 0; job < kJobs; ++job) {
    const Nanos window = begin + kPeriod * job, release = window + kControlOffset;
    sleep_until(window - micros(200));
    m.skipped += !m.vision->submit(*m.executor, Criticality::kSoft, window, window,
                                   window + kPeriod);
    ++m.control_jobs;
    m.control_lost += !m.control->submit(*m.executor, Criticality::kHard, window, release,
                                         release + kControlDeadline);
  }
  while (m.vision->running() || m.control->running()) std::this_thread::yield();
  m.executor->wait_idle();
  m.time = m.time + (monotonic_now() - begin);
}

nlohmann::json outcome(const Mission& m) {
  const double items = static_cast<double>(m.vision->done) * m.vision->items() +
                       static_cast<double>(m.control->done) * m.control->items();
  return {{"items_per_s", items * 1e9 / static_cast<double>(m.time.ns)},
          {"hard_misses", m.control->missed + m.control_lost},
          {"hard_jobs", m.control_jobs},
          {"vision_late", m.vision->missed},
          {"vision_skipped", m.skipped}};
}

}  // namespace

Result<nlohmann::json> measure_cotenant(int rounds) {
  const uint64_t steps = steps_of(micros(10));
  const std::array<const char*, 3> policies{"hybrid", "strict", "dynamic"};
  std::array<std::unique_ptr<Mission>, 3> missions;
  for (size_t p = 0; p < 3; ++p) {
    TAKT_ASSIGN(missions[p], make_mission(policies[p], steps));
  }
  Cotenant cotenant;
  for (int round = 0; round < rounds; ++round)
    for (size_t p = 0; p < 3; ++p) fly(*missions[(p + static_cast<size_t>(round)) % 3]);
  nlohmann::json report{{"rounds", rounds}, {"realtime", cotenant.realtime()}};
  for (size_t p = 0; p < 3; ++p) report[policies[p]] = outcome(*missions[p]);
  return report;
}

}  // namespace takt::bench
