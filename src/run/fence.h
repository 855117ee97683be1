// Fence: a set of timeline points as one thing to wait for, to signal, to fail. A plain value;
// its timelines outlive it.
#pragma once

#include <vector>

#include "run/timeline.h"

namespace takt {

class Fence {
 public:
  Fence() = default;

  // Points of one timeline become one: the latest.
  void add(TimelinePoint point);
  void add(const Fence& other);
  const std::vector<TimelinePoint>& points() const { return points_; }

  // kFailed when any point failed, kReached when all are reached (also when there is none).
  PointState state() const;
  // Sleeps until all are reached, one has failed, or `deadline` (kPending).
  PointState wait(Nanos deadline) const;
  // The fault of the first point that failed; empty when none did.
  SharedFault fault() const;

  // To every point; those that are decided already stay as they are.
  void signal() const;
  void fail(const SharedFault& fault) const;

 private:
  std::vector<TimelinePoint> points_;
};

}  // namespace takt
