#include "hal/thread_job.h"

namespace takt {
namespace {

thread_local std::optional<ActiveJob> current_job;

}  // namespace

void set_thread_job(const ActiveJob* job) {
  if (job) {
    current_job = *job;
  } else {
    current_job.reset();
  }
}

const ActiveJob* thread_job() { return current_job ? &*current_job : nullptr; }

ScopedThreadJob::ScopedThreadJob(const std::optional<ActiveJob>& job) : outer_(current_job) {
  current_job = job;
}

ScopedThreadJob::~ScopedThreadJob() { current_job = outer_; }

}  // namespace takt
