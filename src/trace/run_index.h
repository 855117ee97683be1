// RunIndex: a trace by job, operation and lane, with what the plan says of each operation: what
// attribution.cpp and chains.cpp look things up in. Immutable; the trace need not outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/nanos.h"
#include "model/plan.h"
#include "model/trace_event.h"

namespace takt {

// Times on the run's clock.
struct PlannedTimes {
  Nanos start, end;
  std::span<const LaneId> lanes;
};

class RunIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Share {             // what one lane did of an operation
    uint32_t lane = 0, run = 0;
    Nanos begin, end;
  };
  struct OpRun {             // all lanes' shares together, earliest begin to latest end
    uint32_t job = 0, op = 0;
    bool submit = false;
    Nanos begin, end;
    Nanos expected;          // planned duration; else the median of the operation in this trace
    std::optional<PlannedTimes> planned;
    uint32_t first_share = 0, shares = 0;   // of shares()
  };
  struct JobRun {
    uint32_t task = 0;
    uint64_t number = 0;
    Nanos release, end = Nanos::max();      // max(): the trace does not tell
    Nanos inputs = Nanos::min();            // when late inputs came; min(): not late
    JobOutcome outcome = JobOutcome::kDone;
    uint32_t first_run = 0, runs = 0;       // of runs(); graph operations by (end, begin)
    uint32_t submit = kNone;                // of runs(), the host work that submits the next job
  };
  struct Outage {
    Nanos begin, end;
  };
  // Where the plan has a job.
  struct PlannedJob {
    Nanos start, end;        // of its first and last graph operation
    uint32_t ops = 0;        // graph operations
  };

  // `plan` may be nullptr and must outlive the index.
  RunIndex(const Trace& trace, const Plan* plan);

  std::span<const JobRun> jobs() const { return jobs_; }         // by (task, number)
  std::span<const OpRun> runs() const { return runs_; }
  std::span<const Share> shares() const { return shares_; }      // by (run, begin)
  // What the lane did, by begin.
  std::span<const Share> lane(uint32_t lane) const { return lanes_[lane]; }
  // Runs that the plan has on the lane, by planned start.
  std::span<const uint32_t> plan_of(uint32_t lane) const { return lane_plans_[lane]; }
  uint32_t lanes() const { return uint32_t(lanes_.size()); }
  std::span<const Outage> outages(uint32_t lane) const { return outages_[lane]; }
  uint32_t find_job(uint32_t task, uint64_t number) const;       // kNone
  std::optional<PlannedJob> planned_job(uint32_t job) const;
  // The first graph operation of the job by the plan that did not run; no lanes: none.
  std::span<const LaneId> lanes_of_first_unrun(uint32_t job) const;
  uint32_t jobs_per_window(uint32_t task) const;                 // 0: not in the plan

 private:
  using Key = std::pair<uint32_t, uint32_t>;

  void map_tasks(const Trace& trace);
  void read_jobs(const Trace& trace);
  void read_runs(const Trace& trace);
  void read_outages(const Trace& trace);
  void attach_plan();
  void sort_runs();
  void find_medians();
  void fill_lanes();
  Nanos plan_base(const JobRun& job) const;

  const Plan* plan_;
  Nanos origin_;
  std::vector<uint32_t> plan_task_;          // of each task of the trace
  // Plan operations of (plan task, job of the window), by start; submits left out.
  std::map<Key, std::vector<uint32_t>> plan_jobs_;
  std::vector<JobRun> jobs_;
  std::vector<OpRun> runs_;
  std::vector<Share> shares_;
  std::vector<std::vector<Share>> lanes_;
  std::vector<std::vector<uint32_t>> lane_plans_;
  std::vector<std::vector<Outage>> outages_;
};

}  // namespace takt
