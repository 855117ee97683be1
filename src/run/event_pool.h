// EventPool: eventfds that are used again and again, so that a wait over external sources makes
// no file descriptor of its own. Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "base/result.h"

namespace takt {

class EventPool {
 public:
  // Keeps at most `keep_max` events that nobody uses.
  explicit EventPool(size_t keep_max = 16) : keep_max_(keep_max) {}
  // REQUIRES: every event was given back
  ~EventPool();
  EventPool(const EventPool&) = delete;
  EventPool& operator=(const EventPool&) = delete;

  // An eventfd that is not set. kFailed: the process has no file descriptor left.
  Result<int> acquire();
  // REQUIRES: `event` came from acquire(), and nobody sets it any more. May be set.
  void release(int event);
  // Closes what nobody uses.
  void trim();

  size_t kept() const;
  size_t used() const;

  // Sets, unsets an eventfd.
  static void set(int event);
  static void reset(int event);

  // One for the process.
  static EventPool& shared();

 private:
  const size_t keep_max_;
  mutable std::mutex mutex_;
  std::vector<int> kept_;
  size_t used_ = 0;
};

}  // namespace takt
