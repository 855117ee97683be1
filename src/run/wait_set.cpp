#include "run/wait_set.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>

#include "base/clock.h"
#include "run/point_waiters.h"

namespace takt {
namespace {

// What is left until `deadline`, for ppoll().
timespec left_until(Nanos deadline) {
  const Nanos now = monotonic_now();
  const Nanos left = deadline > now ? deadline - now : Nanos(0);
  return {time_t(left.ns / 1'000'000'000), long(left.ns % 1'000'000'000)};
}

}  // namespace

size_t WaitSet::add(TimelinePoint point) {
  sources_.push_back({.point = point});
  return sources_.size() - 1;
}

size_t WaitSet::add_descriptor(int descriptor, short interest) {
  sources_.push_back({.descriptor = descriptor, .interest = interest});
  return sources_.size() - 1;
}

Result<WaitSet::Outcome> WaitSet::wait_any(Nanos deadline) { return wait(false, deadline); }
Result<WaitSet::Outcome> WaitSet::wait_all(Nanos deadline) { return wait(true, deadline); }

// Takes note of who is ready, after poll() filled polled_ in for the descriptors that were not.
// True when that decides the wait.
bool WaitSet::look(bool all, Outcome* outcome) {
  size_t ready = 0;
  auto polled = polled_.begin();
  for (size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    bool failed = false;
    if (!source.ready && source.point.timeline) {
      const PointState state = source.point.timeline->state(source.point.value);
      source.ready = state == PointState::kReached;
      failed = state == PointState::kFailed;
    } else if (!source.ready) {
      const short got = polled->revents;
      source.ready = got & source.interest;
      failed = !source.ready && got & (POLLERR | POLLHUP | POLLNVAL);
      ++polled;
    }
    if (failed || (source.ready && !all)) {
      *outcome = {failed ? PointState::kFailed : PointState::kReached, i};
      return true;
    }
    ready += source.ready;
  }
  if (!all || ready < sources_.size()) return false;
  *outcome = {PointState::kReached, 0};
  return true;
}

// Fills polled_ in for the descriptors that are not ready yet, and `event` behind them. Sleeps
// until `deadline`; `now`: not at all.
Status WaitSet::poll_descriptors(int event, bool now, Nanos deadline) {
  polled_.clear();
  for (const Source& source : sources_)
    if (!source.ready && !source.point.timeline)
      polled_.push_back({source.descriptor, source.interest, 0});
  if (event >= 0) polled_.push_back({event, POLLIN, 0});
  const timespec left = now ? timespec{} : left_until(deadline);
  const bool endless = !now && deadline == Nanos::max();
  if (ppoll(polled_.data(), nfds_t(polled_.size()), endless ? nullptr : &left, nullptr) < 0) {
    for (pollfd& one : polled_) one.revents = 0;
    if (errno != EINTR)
      return failed(std::string("cannot wait for these descriptors: ") + std::strerror(errno) +
                    "; fewer at once, or raise `ulimit -n`");
  }
  if (event >= 0 && polled_.back().revents) EventPool::reset(event);
  return {};
}

Result<WaitSet::Outcome> WaitSet::wait(bool all, Nanos deadline) {
  std::vector<TimelinePoint> points;
  for (Source& source : sources_) {
    source.ready = false;
    if (source.point.timeline) points.push_back(source.point);
  }
  const bool polls = points.size() < sources_.size();
  if (!polls || points.empty()) return wait_with(points, -1, all, deadline);
  TAKT_ASSIGN(const int event, events_.acquire());
  Result<Outcome> outcome = wait_with(points, event, all, deadline);
  events_.release(event);
  return outcome;
}

Result<WaitSet::Outcome> WaitSet::wait_with(std::span<const TimelinePoint> points, int event,
                                            bool all, Nanos deadline) {
  const bool polls = points.size() < sources_.size();
  const PointWaiters waiters(points, event);
  Outcome outcome;
  // The first look does not sleep: what is ready counts even after the deadline.
  for (bool first = true;; first = false) {
    const uint32_t epoch = waiters.epoch();
    if (polls) TAKT_TRY(poll_descriptors(event, first, deadline));
    if (look(all, &outcome)) return outcome;
    if (deadline != Nanos::max() && !first && monotonic_now() >= deadline) return outcome;
    if (!polls) waiters.sleep(epoch, deadline);
  }
}

}  // namespace takt
