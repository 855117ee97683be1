// Holds: what kept an operation, or the rest of a job, from getting on at some moment of a run:
// a lane that was lost, data that was missing, the job before, other work on its lanes, the plan's
// order; or nothing that the trace shows. In this order: the first that applies is the answer.
#pragma once

#include <vector>

#include "trace/attribution.h"
#include "trace/run_index.h"

namespace takt {

// Who waits, and for what.
struct Waiter {
  uint32_t job = 0;
  uint32_t run = CausePart::kNone;       // kNone: the rest of the job
  std::vector<uint32_t> lanes;           // that it wants: planned, else that it got
  Nanos planned = Nanos::max();          // start; max(): not in the plan
};

struct Hold {
  CausePart part;                        // without its time
  Nanos until = Nanos::max();            // it holds no longer
  // Whose lateness it may be: an operation on the lane, one that is still to come, a job.
  uint32_t share_run = CausePart::kNone, awaited = CausePart::kNone, job = CausePart::kNone;
};

class Holds {
 public:
  // All three must outlive it.
  Holds(const Trace& trace, const MissionFacts& facts, const RunIndex& index);

  // Hold::until is later than `at`.
  Hold at(const Waiter& waiter, Nanos at) const;
  Waiter waiter_of(uint32_t run) const;
  Waiter rest_of(uint32_t job) const;
  Nanos deadline_of(const RunIndex::JobRun& job) const;   // max(): none
  bool is_accelerator(uint32_t lane) const { return accelerators_[lane]; }

 private:
  bool lost(const Waiter& waiter, Nanos at, Hold* hold) const;
  bool input_missing(const Waiter& waiter, Nanos at, Hold* hold) const;
  bool job_before(const Waiter& waiter, Nanos at, Hold* hold) const;
  bool lanes_held(const Waiter& waiter, Nanos at, Hold* hold) const;
  bool plan_before(const Waiter& waiter, Nanos at, Hold* hold) const;
  Nanos next_share(const Waiter& waiter, Nanos at) const;
  const RunIndex::Share* share_at(uint32_t lane, Nanos at, uint32_t but_run) const;
  uint32_t task_of(uint32_t run) const { return index_.jobs()[index_.runs()[run].job].task; }

  const MissionFacts& facts_;
  const RunIndex& index_;
  std::vector<uint32_t> facts_task_;     // of each task of the trace
  std::vector<uint32_t> on_;             // whose jobs its own wait for; kNone: nobody's
  std::vector<bool> accelerators_;       // per lane
};

}  // namespace takt
