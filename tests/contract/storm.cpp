#include "storm.h"

#include <thread>

#include "base/clock.h"

namespace takt::contract {

std::atomic<int64_t> Storm::live_faults{0};

std::vector<AcceleratorSpec> Storm::accelerators(const StormOptions& options, uint32_t lanes) {
  std::vector<AcceleratorSpec> all;
  for (uint32_t i = 0; i < options.accelerators; ++i) {
    AcceleratorSpec& spec = all.emplace_back();
    spec.drivers = i == 0 ? LaneMask::first(lanes) : LaneMask::of(lanes - 1);
    spec.options.least_time_out = options.hangs ? micros(200) : seconds(3600);
    spec.options.reset_duration = micros(50);
  }
  return all;
}

Fault Storm::make_fault() {
  live_faults.fetch_add(1);
  return std::make_unique<int>(0).release();
}

void Storm::free_fault(Fault fault) {
  const std::unique_ptr<int> owned(static_cast<int*>(fault));
  live_faults.fetch_sub(1);
}

Storm::Storm(Executor& executor, const StormOptions& options)
    : executor_(executor), options_(options), lanes_(executor.lanes()), jobs_(options.threads),
      lane_users_(std::make_unique<std::atomic<uint32_t>[]>(lanes_)) {
  Rng rng(options_.seed);
  for (int d = 0; d < 6; ++d)
    dags_.push_back(std::make_unique<RandomDag>(rng, 24, options_.accelerators > 0));
  broken_.fail(SharedFault(make_fault(), free_fault));
  for (auto& share : jobs_)
    for (uint32_t n = 0; n < options_.submissions; ++n) {
      share.push_back(std::make_unique<StormJob>(*dags_[rng.below(dags_.size())]));
      StormJob& job = *share.back();
      job.storm = this;
      job.run.lane_users = lane_users_.get();
      job.run.make_fault = make_fault;
      // A lane that loses its cpu and then the accelerator may touch it late: not exclusive.
      job.run.accelerator_users = options_.hangs ? nullptr : accelerator_users_;
      job.run.fails_of = options_.faults ? 6 : 0;
      job.run.hangs_of = options_.hangs ? 12 : 0;
      if (options_.faults && rng.below(4) == 0)
        job.run.fail_item = uint32_t(rng.below(job.dag->items()));
    }
}

void Storm::submit_all() {
  std::vector<std::thread> threads;
  for (uint32_t t = 1; t < options_.threads; ++t)
    threads.emplace_back([this, t] { submit_share(t); });
  submit_share(0);
  for (std::thread& thread : threads) thread.join();
}

void Storm::submit_share(uint32_t thread) {
  Rng rng(options_.seed * 31 + thread);
  for (uint32_t n = 0; n < options_.submissions; ++n) {
    Submission* s = executor_.acquire();
    fill_in(rng, thread, n, *s);
    jobs_[thread][n]->handle = executor_.submit(s);
    if (!options_.cancels || rng.below(3) != 0) continue;
    StormJob& victim = *jobs_[thread][rng.below(n + 1)];
    if (executor_.cancel(victim.handle)) victim.cancelled = true;
  }
}

void Storm::fill_in(Rng& rng, uint32_t thread, uint32_t index, Submission& s) {
  StormJob& job = *jobs_[thread][index];
  const Nanos now = monotonic_now();
  s.program = &job.dag->program;
  s.data = &job.run;
  s.owner = &job;
  s.done = done;
  s.criticality = Criticality(rng.below(4));
  s.priority = int(rng.below(3)) - 1;
  if (rng.below(4) == 0) {
    s.deadline = now + micros(int64_t(rng.below(400)) - 200);
    job.may_be_shed = s.may_be_shed = rng.below(2);
  }
  if (rng.below(3) == 0) {
    job.plan = job.dag->random_assignment(rng, executor_.lanes());
    s.assignment = &job.plan;
    if (rng.below(2)) s.plan_base = now + micros(int64_t(rng.below(300)) - 100);
  } else if (rng.below(4) == 0) {
    s.pin = LaneMask::of(uint32_t(rng.below(executor_.lanes())));
    if (rng.below(8) == 0) s.pin = LaneMask::of(255);   // not there, unless there are so many
  }
  // Under strict what is planned later on a lane waits for it: no hours for planned work.
  if (rng.below(5) == 0)
    s.release = options_.shutdown && !s.assignment ? now + seconds(3600)
                                                   : now + micros(int64_t(rng.below(300)));
  if (rng.below(5) == 0) {
    job.run.not_before.assign(job.dag->items(), s.release);
    for (int i = 0; i < 3; ++i) {
      const uint32_t item = uint32_t(rng.below(job.dag->items()));
      const Nanos due = now + micros(int64_t(rng.below(300)) - 100);
      s.timers.push_back({item, due});
      job.run.not_before[item] = std::max(job.run.not_before[item], due);
    }
  }
  job.about = (s.assignment ? "planned" : s.pin.empty() ? "" : "pinned") +
              std::string(s.plan_base != Nanos::min() ? " timed" : "") +
              (s.release != Nanos::min() ? " released" : "") + (s.timers.empty() ? "" : " timers");
  if (options_.shutdown) job.run.not_before.clear();   // times do not count then
  job.bare = rng.below(6) == 0;
  if (!job.bare) s.signals.push_back({&job.ended, 1});
  job.scoped = !job.bare && rng.below(2) == 0;
  if (job.scoped) s.scope = &scope_;
  if (index > 0 && rng.below(3) == 0)
    for (int i = 0; i < 2; ++i) s.waits.push_back({&jobs_[thread][rng.below(index)]->ended, 1});
  if (options_.faults && rng.below(10) == 0) s.waits.push_back({&broken_, 1});
  if (options_.shutdown && rng.below(6) == 0) s.waits.push_back({&never_, 1});
}

void Storm::done(Submission& submission, Fault fault) {
  StormJob& job = *static_cast<StormJob*>(submission.owner);
  job.end = submission.end();
  job.dones.fetch_add(1);
  if (!job.bare) return;
  if (fault) free_fault(fault);
  if (job.end == SubmissionEnd::kDone) {
    job.ended.signal(1);
  } else {
    job.ended.fail(nullptr);
  }
}

std::string Storm::wait_all() {
  const Nanos limit = monotonic_now() + seconds(20);
  std::string pending;
  if (executor_.has_workers()) {
    for (size_t t = 0; t < jobs_.size(); ++t)
      for (size_t n = 0; n < jobs_[t].size(); ++n)
        if (jobs_[t][n]->ended.wait(1, limit) == PointState::kPending)
          pending += " job " + std::to_string(t) + "." + std::to_string(n) + " (" +
                     jobs_[t][n]->about + ")";
    if (scope_.wait_idle(limit) == PointState::kPending) pending += " the scope";
  }
  // Also what should have needed no help: the storm outlives its jobs.
  executor_.wait_idle();
  return pending;
}

std::string Storm::check() const {
  bool scope_failed = false;
  for (const auto& share : jobs_)
    for (uint32_t n = 0; n < share.size(); ++n) {
      const StormJob& job = *share[n];
      const std::string wrong = check(job);
      if (!wrong.empty())
        return "job " + std::to_string(n) + " (end " + std::to_string(int(job.end)) + "): " + wrong;
      scope_failed |= job.scoped && job.end != SubmissionEnd::kDone &&
                      job.end != SubmissionEnd::kCancelled;
    }
  if (scope_.in_flight() != 0) return "the scope is not idle";
  if (scope_.failed() != scope_failed) return "the scope does not tell of the fault";
  for (uint32_t l = 0; l < lanes_; ++l)
    if (lane_users_[l] != 0) return "a lane has users";
  return "";
}

std::string Storm::check(const StormJob& job) const {
  if (job.dones != 1) return "done() ran " + std::to_string(job.dones) + " times";
  uint32_t ran = 0, tiles = 0;
  if (!RandomDag::orderly(job.run, &ran))
    return "a tile ran twice, too early or beside another: early " + std::to_string(job.run.early) +
           ", overlaps " + std::to_string(job.run.overlaps) + ", " + job.about;
  for (uint32_t n = 0; n < job.dag->items(); ++n) tiles += job.dag->program.node(n).tiles;
  const bool fails = job.run.fail_item != UINT32_MAX;
  if (job.cancelled && job.end != SubmissionEnd::kCancelled) return "cancelled, yet not so";
  const PointState state = job.ended.state(1);
  if ((job.end == SubmissionEnd::kDone) != (state == PointState::kReached)) return "wrong signal";
  if (state == PointState::kPending) return "no signal";
  switch (job.end) {
    case SubmissionEnd::kDone:
      if (fails) return "done in spite of a fault";
      return ran == tiles ? "" : "done with tiles left";
    case SubmissionEnd::kFault:
      return fails && ran > 0 ? "" : "a fault that nobody made";
    case SubmissionEnd::kCancelled:
      return job.cancelled || job.may_be_shed || options_.shutdown ? "" : "cancelled by nobody";
    default:
      return ran == 0 ? "" : "it ran";
  }
}

}  // namespace takt::contract
