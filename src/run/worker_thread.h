// WorkerThread: a thread with a chosen stack size, which std::thread does not offer.
#pragma once

#include <pthread.h>

#include <functional>

namespace takt {

class WorkerThread {
 public:
  WorkerThread() = default;
  // REQUIRES: join() was called after start()
  ~WorkerThread();
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  // Runs `body` on a new thread with a stack of `stack_bytes`, rounded up to what the system
  // needs; 0: its default. Ends the program with the reason when it grants no thread.
  void start(std::function<void()> body, size_t stack_bytes);
  // Waits for its end; nothing to wait for when it was not started.
  void join();

 private:
  static void* main(void* self);

  std::function<void()> body_;
  pthread_t thread_{};
  bool started_ = false;
};

}  // namespace takt
