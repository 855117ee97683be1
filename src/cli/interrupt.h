// Ctrl-C asks a long command to stop after what it is doing; a second one ends it.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace takt {

// Set by the first SIGINT or SIGTERM from now on. The second has its default effect.
const std::atomic<bool>& stop_on_interrupt();

// The same as a stop token, while it lives. One at a time.
class InterruptStop {
 public:
  InterruptStop();
  ~InterruptStop();
  InterruptStop(const InterruptStop&) = delete;
  InterruptStop& operator=(const InterruptStop&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::thread waiter_;          // a handler may not request a stop itself
};

}  // namespace takt
