#include "run/worker_thread.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace takt {

WorkerThread::~WorkerThread() { CHECK(!started_); }

void* WorkerThread::main(void* self) {
  static_cast<WorkerThread*>(self)->body_();
  return nullptr;
}

void WorkerThread::start(std::function<void()> body, size_t stack_bytes) {
  CHECK(!started_);
  body_ = std::move(body);
  pthread_attr_t attributes;
  CHECK(pthread_attr_init(&attributes) == 0);
  if (stack_bytes) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t least = std::max(stack_bytes, static_cast<size_t>(PTHREAD_STACK_MIN));
    const int error = pthread_attr_setstacksize(&attributes, (least + page - 1) / page * page);
    CHECK_MSG(error == 0, std::strerror(error));
  }
  const int error = pthread_create(&thread_, &attributes, main, this);
  CHECK_MSG(error == 0, std::strerror(error));
  pthread_attr_destroy(&attributes);
  started_ = true;
}

void WorkerThread::join() {
  if (!started_) return;
  CHECK(pthread_join(thread_, nullptr) == 0);
  started_ = false;
}

}  // namespace takt
