#include "solve/score_keeper.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/int128.h"

namespace takt {
namespace {

int64_t ppm_up(Nanos part, Nanos whole) {
  if (part.ns < INT64_MAX / 2'000'000 && part.ns >= 0)
    return (part.ns * 1'000'000 + whole.ns - 1) / whole.ns;
  return static_cast<int64_t>((Int128{part.ns} * 1'000'000 + whole.ns - 1) / whole.ns);
}

// begin[k] .. begin[k + 1]: the items of key k, in order of the items.
template <class Key>
void group_by(size_t keys, size_t items, const Key& key, std::vector<uint32_t>& begin,
              std::vector<uint32_t>& out) {
  begin.assign(keys + 1, 0);
  for (size_t i = 0; i < items; ++i)
    if (const size_t k = key(i); k < keys) ++begin[k + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  out.resize(begin.back());
  std::vector<uint32_t> next(begin.begin(), begin.end() - 1);
  for (size_t i = 0; i < items; ++i)
    if (const size_t k = key(i); k < keys) out[next[k]++] = static_cast<uint32_t>(i);
}

}  // namespace

ScoreKeeper::ScoreKeeper(const Problem& problem) : problem_(problem) {
  const Instance& instance = problem.instance();
  const size_t jobs = instance.jobs.size(), tasks = instance.tasks.size();
  done_.resize(jobs);
  job_seen_.assign(jobs, 0);
  task_seen_.assign(tasks, 0);
  task_jitter_.assign(tasks, 0);
  group_by(jobs, problem.size(),
           [&](size_t op) {
             const auto id = static_cast<uint32_t>(op);
             return problem.completes_job(id) ? size_t{problem.job_of(id)} : jobs;
           },
           last_begin_, last_ops_);
  group_by(tasks, jobs, [&](size_t job) { return size_t{instance.jobs[job].task.value()}; },
           task_begin_, task_jobs_);
  for (uint32_t task = 0; task < tasks; ++task)
    if (instance.tasks[task].jitter_max != Nanos::max() && !jobs_of(task).empty())
      jitter_tasks_.push_back(task);
  for (const InstanceChain& chain : instance.chains)
    for (const ChainRun& run : chain.runs)
      runs_.push_back({run.first.value(), run.last.value(), chain.deadline});
  run_ppm_.resize(runs_.size());
  group_by(jobs, runs_.size(), [&](size_t run) { return size_t{runs_[run].last}; }, run_begin_,
           runs_of_job_);
  committed_on_.assign(problem.lane_count(), 0);
  for (const Commitment& done : instance.commitments) {
    const Nanos duration = problem.modes(done.op.value())[done.mode].duration;
    committed_end_ = std::max(committed_end_, done.start + duration);
    for (const LaneId lane : done.lanes) committed_on_[lane.value()] = 1;
  }
}

void ScoreKeeper::count_op(uint32_t op, Nanos start, uint32_t mode, int sign) {
  const FlatMode& flat = problem_.modes(op)[mode];
  score_[Level::kBusy] += sign * flat.area().ns;
  const Nanos over = start + flat.duration - problem_.instance().horizon;
  if (over > Nanos(0)) score_.overrun += over * sign;
}

void ScoreKeeper::count_job(uint32_t job_index, int sign) {
  const Job& job = problem_.instance().jobs[job_index];
  if (job.deadline == Nanos::max()) return;
  const Nanos done = done_[job_index];
  score_.response_ppm +=
      sign * ppm_up(done - job.release, std::max(job.deadline - job.release, Nanos(1)));
  if (done <= job.deadline) return;
  const InstanceTask& task = problem_.instance().tasks[job.task.value()];
  lateness_[static_cast<size_t>(task.criticality)] += sign * (done - job.deadline).ns;
  const int64_t weighted = sign * (done - job.deadline).ns * task.weight;
  switch (task.criticality) {
    case Criticality::kHard:
      score_[Level::kHardMisses] += sign;
      score_[Level::kHardTardiness] += weighted;
      break;
    case Criticality::kFirm: score_[Level::kFirmMisses] += sign; break;
    case Criticality::kSoft: score_[Level::kSoftTardiness] += weighted; break;
    case Criticality::kBestEffort: break;
  }
}

Nanos ScoreKeeper::completion(const MovablePlan& plan, uint32_t job) const {
  Nanos done = problem_.instance().jobs[job].release;
  for (const uint32_t op : last_ops(job)) done = std::max(done, plan.end(op));
  return done;
}

int64_t ScoreKeeper::measure_run(const Run& run) const {
  return ppm_up(done_[run.last] - problem_.instance().jobs[run.first].release, run.deadline);
}

int64_t ScoreKeeper::jitter_of(uint32_t task) const {
  Nanos least = Nanos::max(), most = Nanos::min();
  for (const uint32_t job : jobs_of(task)) {
    const Nanos response = done_[job] - problem_.instance().jobs[job].release;
    least = std::min(least, response);
    most = std::max(most, response);
  }
  return std::max(most - least - problem_.instance().tasks[task].jitter_max, Nanos(0)).ns;
}

// What is no sum over operations and jobs.
void ScoreKeeper::measure_whole(const MovablePlan& plan) {
  Nanos makespan = committed_end_;
  int64_t active = 0;
  for (uint32_t lane = 0; lane < problem_.lane_count(); ++lane) {
    const auto sequence = plan.on_lane(lane);
    if (!sequence.empty()) makespan = std::max(makespan, plan.end(sequence.back()));
    active += committed_on_[lane] || !sequence.empty();
  }
  score_[Level::kMakespan] = makespan.ns;
  score_[Level::kActiveLanes] = active;
  int64_t worst = 0, jitter = 0;
  for (const int64_t ppm : run_ppm_) worst = std::max(worst, ppm);
  for (const uint32_t task : jitter_tasks_) jitter += task_jitter_[task];
  score_[Level::kChainLatency] = worst;
  score_[Level::kControlJitter] = jitter;
}

const Score& ScoreKeeper::reset(const MovablePlan& plan) {
  score_ = {};
  lateness_ = {};
  for (uint32_t op = 0; op < problem_.size(); ++op)
    count_op(op, plan.start(op), plan.mode(op), 1);
  for (uint32_t job = 0; job < done_.size(); ++job) {
    done_[job] = completion(plan, job);
    count_job(job, 1);
  }
  for (size_t run = 0; run < runs_.size(); ++run) run_ppm_[run] = measure_run(runs_[run]);
  for (const uint32_t task : jitter_tasks_) task_jitter_[task] = jitter_of(task);
  measure_whole(plan);
  jobs_.clear();
  DCHECK(score_ == score_of(problem_, plan.schedule()));
  return score_;
}

const Score& ScoreKeeper::update(const MovablePlan& plan) {
  before_ = score_;
  lateness_before_ = lateness_;
  jobs_.clear();
  jobs_done_.clear();
  old_runs_.clear();
  old_jitter_.clear();
  ++stamp_;
  for (const uint32_t op : plan.touched()) {
    count_op(op, plan.old_start(op), plan.old_mode(op), -1);
    count_op(op, plan.start(op), plan.mode(op), 1);
    const uint32_t job = problem_.job_of(op);
    if (!problem_.completes_job(op) || job_seen_[job] == stamp_) continue;
    job_seen_[job] = stamp_;
    jobs_.push_back(job);
    jobs_done_.push_back(done_[job]);
    count_job(job, -1);
    done_[job] = completion(plan, job);
    count_job(job, 1);
  }
  for (const uint32_t job : jobs_) {
    for (uint32_t i = run_begin_[job]; i < run_begin_[job + 1]; ++i) {
      const uint32_t run = runs_of_job_[i];
      old_runs_.emplace_back(run, run_ppm_[run]);
      run_ppm_[run] = measure_run(runs_[run]);
    }
    const uint32_t task = problem_.instance().jobs[job].task.value();
    if (problem_.instance().tasks[task].jitter_max == Nanos::max() || task_seen_[task] == stamp_)
      continue;
    task_seen_[task] = stamp_;
    old_jitter_.emplace_back(task, task_jitter_[task]);
    task_jitter_[task] = jitter_of(task);
  }
  measure_whole(plan);
  DCHECK(score_ == score_of(problem_, plan.schedule()));
  return score_;
}

void ScoreKeeper::undo() {
  score_ = before_;
  lateness_ = lateness_before_;
  for (size_t i = 0; i < jobs_.size(); ++i) done_[jobs_[i]] = jobs_done_[i];
  for (const auto& [run, ppm] : old_runs_) run_ppm_[run] = ppm;
  for (const auto& [task, jitter] : old_jitter_) task_jitter_[task] = jitter;
  jobs_.clear();
  jobs_done_.clear();
  old_runs_.clear();
  old_jitter_.clear();
}

}  // namespace takt
