// PiMutex: a mutex whose owner runs at the priority of whoever waits for it, so that a real-time
// lane never waits for an ordinary thread that has lost its cpu with the mutex held.
#pragma once

#include <pthread.h>

#include "base/check.h"

namespace takt {

class PiMutex {
 public:
  PiMutex() {
    pthread_mutexattr_t attributes;
    CHECK(pthread_mutexattr_init(&attributes) == 0);
    CHECK(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT) == 0);
    CHECK(pthread_mutex_init(&mutex_, &attributes) == 0);
    pthread_mutexattr_destroy(&attributes);
  }
  ~PiMutex() { pthread_mutex_destroy(&mutex_); }
  PiMutex(const PiMutex&) = delete;
  PiMutex& operator=(const PiMutex&) = delete;

  void lock() { CHECK(pthread_mutex_lock(&mutex_) == 0); }
  bool try_lock() { return pthread_mutex_trylock(&mutex_) == 0; }
  void unlock() { CHECK(pthread_mutex_unlock(&mutex_) == 0); }

 private:
  pthread_mutex_t mutex_;
};

}  // namespace takt
