#include "run/fence.h"

#include <algorithm>

#include "base/clock.h"
#include "run/point_waiters.h"

namespace takt {

void Fence::add(TimelinePoint point) {
  for (TimelinePoint& mine : points_)
    if (mine.timeline == point.timeline) {
      mine.value = std::max(mine.value, point.value);
      return;
    }
  points_.push_back(point);
}

void Fence::add(const Fence& other) {
  for (const TimelinePoint& point : other.points_) add(point);
}

PointState Fence::state() const {
  PointState all = PointState::kReached;
  for (const TimelinePoint& point : points_) {
    const PointState one = point.timeline->state(point.value);
    if (one == PointState::kFailed) return one;
    if (one == PointState::kPending) all = one;
  }
  return all;
}

PointState Fence::wait(Nanos deadline) const {
  PointState now = state();
  if (now != PointState::kPending) return now;
  const PointWaiters waiters(points_, -1);
  for (;;) {
    const uint32_t epoch = waiters.epoch();
    now = state();
    if (now != PointState::kPending) return now;
    if (deadline != Nanos::max() && monotonic_now() >= deadline) return now;
    waiters.sleep(epoch, deadline);
  }
}

SharedFault Fence::fault() const {
  for (const TimelinePoint& point : points_)
    if (point.timeline->state(point.value) == PointState::kFailed)
      return point.timeline->fault();
  return nullptr;
}

void Fence::signal() const {
  for (const TimelinePoint& point : points_) point.timeline->signal(point.value);
}

void Fence::fail(const SharedFault& fault) const {
  for (const TimelinePoint& point : points_) point.timeline->fail(fault);
}

}  // namespace takt
