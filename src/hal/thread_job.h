// The job that the calling thread submits for.
#pragma once

#include "hal/takt_driver.h"

namespace takt {

// nullptr: none.
const ActiveJob* thread_job();

// Sets the job of this thread for one scope: deferred operations run on the thread that
// satisfies their last wait, for the job of the thread that queued them.
class ScopedThreadJob {
 public:
  explicit ScopedThreadJob(const std::optional<ActiveJob>& job);
  ~ScopedThreadJob();

 private:
  std::optional<ActiveJob> outer_;
};

}  // namespace takt
