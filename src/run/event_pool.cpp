#include "run/event_pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/check.h"

namespace takt {

EventPool::~EventPool() {
  trim();
  CHECK(used_ == 0);
}

Result<int> EventPool::acquire() {
  {
    std::lock_guard lock(mutex_);
    if (!kept_.empty()) {
      const int event = kept_.back();
      kept_.pop_back();
      ++used_;
      return event;
    }
  }
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0)
    return failed(std::string("no event for a wait: ") + std::strerror(errno) +
                  "; raise `ulimit -n` or wait for fewer things at once");
  std::lock_guard lock(mutex_);
  ++used_;
  return event;
}

void EventPool::release(int event) {
  reset(event);
  {
    std::lock_guard lock(mutex_);
    CHECK(used_ > 0);
    --used_;
    if (kept_.size() < keep_max_) {
      kept_.push_back(event);
      return;
    }
  }
  close(event);
}

void EventPool::trim() {
  std::lock_guard lock(mutex_);
  for (const int event : kept_) close(event);
  kept_.clear();
}

size_t EventPool::kept() const {
  std::lock_guard lock(mutex_);
  return kept_.size();
}

size_t EventPool::used() const {
  std::lock_guard lock(mutex_);
  return used_;
}

void EventPool::set(int event) {
  const uint64_t one = 1;
  // Full (EAGAIN) means that it is set.
  CHECK(write(event, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN);
}

void EventPool::reset(int event) {
  uint64_t count;
  CHECK(read(event, &count, sizeof(count)) == sizeof(count) || errno == EAGAIN);
}

EventPool& EventPool::shared() {
  static EventPool pool;
  return pool;
}

}  // namespace takt
