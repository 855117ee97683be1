// Window: a piece [from, to) of an endless run of a periodic Instance (the base: one hyperperiod).
// WindowState says what a run is doing at some moment, WindowPlan what it shall do. Times are
// absolute; a job is named by its job of the base and its activation: the number of the
// hyperperiod, from 0, whose copy it is.
#pragma once

#include <cstdint>
#include <vector>

#include "base/lane_mask.h"
#include "base/nanos.h"
#include "model/ids.h"
#include "model/instance.h"

namespace takt {

// What has become of an operation of a job that has begun.
struct OpState {
  enum class Status : uint8_t { kOpen, kRunning, kDone };
  Status status = Status::kOpen;
  Nanos start, expected_end;           // while it runs
  LaneMask lanes;
};

// A job that is not finished: its release may have passed or not.
struct JobState {
  JobId job;
  int64_t activation = 0;
  std::vector<OpState> ops;            // of the base job, in its order
};

struct WindowState {
  Nanos now;
  std::vector<JobState> jobs;
  // Per task: the number of its first job that is not in `jobs` and still to come (activation *
  // jobs in a hyperperiod + index). Jobs whose release has passed but that wait for the one
  // before them are such.
  std::vector<int64_t> next;
};

struct PlannedOp {
  static constexpr uint32_t kNoMode = UINT32_MAX;
  OpId op;                             // of the base
  Nanos start, duration;
  uint32_t mode = kNoMode;             // of the base operation; kNoMode: it ran when planned
  LaneMask lanes;
};

struct PlannedJob {
  JobId job;
  int64_t activation = 0;
  uint32_t first_op = 0, op_count = 0; // of WindowPlan::ops; those that were not done
};

struct WindowPlan {
  Nanos from, to;                      // what starts before `from` is as it was planned before
  std::vector<PlannedJob> jobs;        // by (job, activation)
  std::vector<PlannedOp> ops;
  std::vector<JobId> impossible;       // under its conditions no lane can run them
  int64_t hard_misses = 0, firm_misses = 0;   // that it expects

  // Null: not in this plan.
  const PlannedJob* find(JobId job, int64_t activation) const;
  const PlannedOp* find(JobId job, int64_t activation, OpId op) const;
};

}  // namespace takt
