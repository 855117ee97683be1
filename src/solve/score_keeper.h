// ScoreKeeper: the score of a MovablePlan, kept up to date at the cost of what a trial touched:
// its operations, the jobs they belong to, and a few words per lane and chain run. Equal to
// score_of() at every step, which debug builds check. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "solve/movable_plan.h"
#include "solve/problem.h"
#include "solve/schedule.h"
#include "solve/score.h"

namespace takt {

class ScoreKeeper {
 public:
  explicit ScoreKeeper(const Problem& problem);

  // Looks at everything: linear, without allocation.
  const Score& reset(const MovablePlan& plan);
  // Takes in what the open trial changed. REQUIRES: the plan is settled.
  const Score& update(const MovablePlan& plan);
  // Forgets the last update(), together with MovablePlan::undo().
  void undo();

  const Score& score() const { return score_; }
  // Lateness of late jobs of this criticality, summed: what misses are made of.
  int64_t lateness(Criticality criticality) const {
    return lateness_[static_cast<size_t>(criticality)];
  }
  Nanos done(uint32_t job) const { return done_[job]; }
  bool late(uint32_t job) const { return done_[job] > problem_.instance().jobs[job].deadline; }
  struct Run {
    uint32_t first, last;              // jobs
    Nanos deadline;
  };
  std::span<const Run> runs() const { return runs_; }
  int64_t run_ppm(size_t run) const { return run_ppm_[run]; }
  // Those whose jitter counts; their jobs.
  std::span<const uint32_t> jitter_tasks() const { return jitter_tasks_; }
  std::span<const uint32_t> jobs_of(uint32_t task) const {
    return std::span<const uint32_t>(task_jobs_).subspan(
        task_begin_[task], task_begin_[task + 1] - task_begin_[task]);
  }
  // The operations that complete a job.
  std::span<const uint32_t> last_ops(uint32_t job) const {
    return std::span<const uint32_t>(last_ops_).subspan(last_begin_[job],
                                                        last_begin_[job + 1] - last_begin_[job]);
  }

 private:
  void count_op(uint32_t op, Nanos start, uint32_t mode, int sign);
  void count_job(uint32_t job, int sign);
  Nanos completion(const MovablePlan& plan, uint32_t job) const;
  int64_t measure_run(const Run& run) const;
  int64_t jitter_of(uint32_t task) const;
  void measure_whole(const MovablePlan& plan);

  const Problem& problem_;
  using Lateness = std::array<int64_t, 4>;             // by criticality
  Score score_, before_;
  Lateness lateness_{}, lateness_before_{};
  std::vector<Nanos> done_;
  std::vector<uint32_t> last_begin_, last_ops_, task_begin_, task_jobs_, jitter_tasks_;
  std::vector<Run> runs_;
  std::vector<int64_t> run_ppm_, task_jitter_;
  std::vector<uint32_t> run_begin_, runs_of_job_;      // by last job
  Nanos committed_end_;
  std::vector<char> committed_on_;                     // per lane
  std::vector<uint64_t> job_seen_, task_seen_;
  uint64_t stamp_ = 0;
  std::vector<uint32_t> jobs_;                         // of the last update
  std::vector<Nanos> jobs_done_;                       // before it
  std::vector<std::pair<uint32_t, int64_t>> old_runs_, old_jitter_;
};

}  // namespace takt
