// WaitSet: one sleep for several things: points of timelines (also those that submissions of
// other executors signal) and anything with a file descriptor (eventfd, timerfd, a socket).
//
// One thread fills a set and waits on it. Sources outlive the wait. Every wait has an end: what
// is decided, or its deadline.
#pragma once

#include <poll.h>

#include <span>
#include <vector>

#include "base/result.h"
#include "run/event_pool.h"
#include "run/fence.h"

namespace takt {

class WaitSet {
 public:
  struct Outcome {
    PointState state = PointState::kPending;   // kPending: the deadline came first
    size_t source = 0;                         // the first that is ready, or has failed
  };

  explicit WaitSet(EventPool& events = EventPool::shared()) : events_(events) {}

  // Sources are numbered in the order in which they are added.
  size_t add(TimelinePoint point);
  // Ready when poll() reports any of `interest`; failed when it reports an error or hang-up
  // without it, or a descriptor that is not open.
  size_t add_descriptor(int descriptor, short interest = POLLIN);
  size_t size() const { return sources_.size(); }
  void clear() { sources_.clear(); }

  // Until one source is ready or has failed; the least such source. An empty set waits for its
  // deadline. kFailed (the Status): the system gave no event.
  Result<Outcome> wait_any(Nanos deadline);
  // Until all sources have been ready once (kReached), or one has failed.
  Result<Outcome> wait_all(Nanos deadline);

 private:
  struct Source {
    TimelinePoint point;         // or, without a timeline,
    int descriptor = -1;
    short interest = 0;
    bool ready = false;
  };
  Result<Outcome> wait(bool all, Nanos deadline);
  Result<Outcome> wait_with(std::span<const TimelinePoint> points, int event, bool all,
                            Nanos deadline);
  Status poll_descriptors(int event, bool now, Nanos deadline);
  bool look(bool all, Outcome* outcome);

  EventPool& events_;
  std::vector<Source> sources_;
  std::vector<pollfd> polled_;
};

}  // namespace takt
