#include "hal/deferred.h"

#include <atomic>
#include <memory>

#include "hal/thread_job.h"
#include "iree/async/semaphore.h"

namespace takt {
namespace {

iree_async_semaphore_t* as_async(iree_hal_semaphore_t* semaphore) {
  return reinterpret_cast<iree_async_semaphore_t*>(semaphore);
}

struct Deferred {
  SemaphoreList waits;    // retained until the action has run
  std::unique_ptr<iree_async_semaphore_timepoint_t[]> timepoints;
  std::atomic<size_t> missing{0};
  std::atomic<iree_status_t> failure{nullptr};
  DeferredAction action;
  std::optional<ActiveJob> job;

  void arrive(iree_status_t status) {
    iree_status_t none = nullptr;
    if (!iree_status_is_ok(status) && !failure.compare_exchange_strong(none, status))
      iree_status_free(status);
    if (missing.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    {
      ScopedThreadJob scope(job);
      action(failure.load());
    }
    delete this;
  }
};

void on_timepoint(void* user_data, iree_async_semaphore_timepoint_t*, iree_status_t status) {
  static_cast<Deferred*>(user_data)->arrive(status);
}

}  // namespace

bool all_reached(const iree_hal_semaphore_list_t& waits) {
  for (iree_host_size_t i = 0; i < waits.count; ++i) {
    iree_async_semaphore_t* semaphore = as_async(waits.semaphores[i]);
    if (iree_atomic_load(&semaphore->failure_status, iree_memory_order_acquire) != 0)
      return false;
    if (uint64_t(iree_atomic_load(&semaphore->timeline_value, iree_memory_order_acquire)) <
        waits.payload_values[i])
      return false;
  }
  return true;
}

iree_status_t run_when_reached(const iree_hal_semaphore_list_t& waits, DeferredAction action) {
  auto* deferred = new Deferred();
  deferred->waits.assign(waits);
  deferred->action = std::move(action);
  if (const ActiveJob* job = thread_job()) deferred->job = *job;
  deferred->timepoints =
      std::make_unique<iree_async_semaphore_timepoint_t[]>(waits.count);
  // One more than the waits: nothing runs before all timepoints are in place.
  deferred->missing.store(waits.count + 1);
  for (iree_host_size_t i = 0; i < waits.count; ++i) {
    iree_async_semaphore_timepoint_t& timepoint = deferred->timepoints[i];
    timepoint.callback = on_timepoint;
    timepoint.user_data = deferred;
    iree_status_t status = iree_async_semaphore_acquire_timepoint(
        as_async(waits.semaphores[i]), waits.payload_values[i], &timepoint);
    if (!iree_status_is_ok(status)) deferred->arrive(status);
  }
  deferred->arrive(iree_ok_status());
  return iree_ok_status();
}

}  // namespace takt
