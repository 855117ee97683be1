#include "hal/pool_alloca.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "hal/device.h"
#include "iree/async/frontier.h"
#include "iree/async/operations/scheduling.h"
#include "iree/async/proactor.h"
#include "iree/hal/local/transient_buffer.h"

namespace takt {
namespace {

// One allocation that may have to wait. Owned by alloca_from_pool() until it waits, from
// then on by the callback that will be called.
class PoolAlloca {
 public:
  enum class Progress { kDone, kWaiting };

  PoolAlloca(HalDevice& device, const iree_hal_semaphore_list_t& signals, iree_hal_pool_t* pool,
             iree_hal_buffer_params_t params, iree_device_size_t size,
             iree_hal_alloca_flags_t flags, iree_hal_buffer_t* transient,
             const ProfiledOperation& operation)
      : device_(device), signals_(signals), pool_(pool), params_(params), size_(size),
        flags_(flags), transient_(transient), operation_(operation) {
    iree_hal_pool_retain(pool_);
    iree_hal_buffer_retain(transient_);
  }
  ~PoolAlloca() {
    iree_hal_buffer_release(transient_);
    iree_hal_pool_release(pool_);
  }
  PoolAlloca(const PoolAlloca&) = delete;
  PoolAlloca& operator=(const PoolAlloca&) = delete;

  // After kWaiting this object may be gone already.
  iree_status_t attempt(Progress* progress);
  // Ends the operation and deletes this.
  void finish(iree_status_t status);

 private:
  struct NotificationWait {
    iree_async_notification_wait_operation_t operation = {};
    PoolAlloca* alloca = nullptr;
  };

  iree_status_t acquire(iree_hal_pool_acquire_result_t* result);
  iree_status_t use(iree_hal_pool_acquire_result_t result, Progress* progress);
  iree_status_t commit();
  iree_status_t wait_for_frontier(Progress* progress);
  iree_status_t wait_for_release(iree_async_notification_t* notification, uint32_t token);
  static void on_frontier(void* self, iree_status_t status);
  static void on_release(void* wait, iree_async_operation_t*, iree_status_t status,
                         iree_async_completion_flags_t);

  HalDevice& device_;
  SemaphoreList signals_;
  iree_hal_pool_t* pool_;
  iree_hal_buffer_params_t params_;
  iree_device_size_t size_;
  iree_hal_alloca_flags_t flags_;
  iree_hal_buffer_t* transient_;
  ProfiledOperation operation_;
  iree_hal_pool_reservation_t reservation_ = {};
  iree_hal_pool_acquire_info_t info_ = {};
  iree_async_frontier_waiter_t waiter_ = {};
};

iree_status_t PoolAlloca::acquire(iree_hal_pool_acquire_result_t* result) {
  // Waitable memory is always asked for, to tell it from an exhausted pool.
  return iree_hal_pool_acquire_reservation(
      pool_, size_, std::max<iree_device_size_t>(params_.min_alignment, 1),
      /*requester_frontier=*/nullptr, IREE_HAL_POOL_RESERVE_FLAG_ALLOW_WAIT_FRONTIER,
      &reservation_, &info_, result);
}

iree_status_t PoolAlloca::attempt(Progress* progress) {
  iree_hal_pool_acquire_result_t result = IREE_HAL_POOL_ACQUIRE_EXHAUSTED;
  IREE_RETURN_IF_ERROR(acquire(&result));
  if (result <= IREE_HAL_POOL_ACQUIRE_OK_NEEDS_WAIT) return use(result, progress);
  // Exhausted: look again while releases are observed, so that none is missed.
  iree_async_notification_t* notification = iree_hal_pool_notification(pool_);
  if (!notification)
    return iree_make_status(IREE_STATUS_RESOURCE_EXHAUSTED,
                            "takt: the pool has no room and no notification to wait for");
  iree_async_notification_retain(notification);   // once waiting, nothing else may be left
  const uint32_t token = iree_async_notification_begin_observe(notification);
  iree_status_t status = acquire(&result);
  if (iree_status_is_ok(status)) {
    if (result <= IREE_HAL_POOL_ACQUIRE_OK_NEEDS_WAIT) {
      status = use(result, progress);
    } else {
      *progress = Progress::kWaiting;
      status = wait_for_release(notification, token);
    }
  }
  iree_async_notification_end_observe(notification);
  iree_async_notification_release(notification);
  return status;
}

iree_status_t PoolAlloca::use(iree_hal_pool_acquire_result_t result, Progress* progress) {
  *progress = Progress::kDone;
  if (result != IREE_HAL_POOL_ACQUIRE_OK_NEEDS_WAIT) return commit();
  if (flags_ & IREE_HAL_ALLOCA_FLAG_ALLOW_POOL_WAIT_FRONTIER) return wait_for_frontier(progress);
  iree_hal_pool_release_reservation(pool_, &reservation_, info_.wait_frontier);
  return iree_make_status(IREE_STATUS_RESOURCE_EXHAUSTED,
                          "takt: memory of the pool is still in use by another queue; allow the "
                          "wait with IREE_HAL_ALLOCA_FLAG_ALLOW_POOL_WAIT_FRONTIER");
}

iree_status_t PoolAlloca::commit() {
  iree_hal_local_transient_buffer_attach_reservation(transient_, pool_, &reservation_);
  iree_hal_buffer_t* backing = nullptr;
  iree_status_t status = iree_hal_pool_materialize_reservation(
      pool_, params_, &reservation_, IREE_HAL_POOL_MATERIALIZE_FLAG_NONE, &backing);
  if (!iree_status_is_ok(status)) {
    iree_hal_local_transient_buffer_release_reservation(transient_, info_.wait_frontier);
    return status;
  }
  iree_hal_local_transient_buffer_stage_backing(transient_, backing);
  iree_hal_buffer_release(backing);
  iree_hal_local_transient_buffer_commit(transient_);
  return iree_ok_status();
}

iree_status_t PoolAlloca::wait_for_frontier(Progress* progress) {
  *progress = Progress::kWaiting;
  iree_status_t status =
      device_.frontier_tracker
          ? iree_async_frontier_tracker_wait(device_.frontier_tracker, info_.wait_frontier,
                                             on_frontier, this, &waiter_)
          : iree_make_status(IREE_STATUS_FAILED_PRECONDITION,
                             "takt: the pool's memory is in use by another device, and this "
                             "device is in no group that could tell when it ends");
  if (!iree_status_is_ok(status))
    iree_hal_pool_release_reservation(pool_, &reservation_, info_.wait_frontier);
  return status;
}

void PoolAlloca::on_frontier(void* self, iree_status_t status) {
  auto* alloca = static_cast<PoolAlloca*>(self);
  if (iree_status_is_ok(status)) {
    status = alloca->commit();
  } else {
    iree_hal_pool_release_reservation(alloca->pool_, &alloca->reservation_,
                                      alloca->info_.wait_frontier);
  }
  alloca->finish(status);
}

iree_status_t PoolAlloca::wait_for_release(iree_async_notification_t* notification,
                                           uint32_t token) {
  auto wait = std::make_unique<NotificationWait>();
  wait->alloca = this;
  iree_async_operation_initialize(&wait->operation.base,
                                  IREE_ASYNC_OPERATION_TYPE_NOTIFICATION_WAIT,
                                  IREE_ASYNC_OPERATION_FLAG_NONE, on_release, wait.get());
  wait->operation.notification = notification;
  wait->operation.wait_flags = IREE_ASYNC_NOTIFICATION_WAIT_FLAG_USE_WAIT_TOKEN;
  wait->operation.wait_token = token;
  IREE_RETURN_IF_ERROR(iree_async_proactor_submit_one(device_.proactor, &wait->operation.base));
  wait.release();   // on_release() has it now
  return iree_ok_status();
}

void PoolAlloca::on_release(void* wait, iree_async_operation_t*, iree_status_t status,
                            iree_async_completion_flags_t) {
  PoolAlloca* alloca = static_cast<NotificationWait*>(wait)->alloca;
  delete static_cast<NotificationWait*>(wait);
  Progress progress = Progress::kDone;
  if (iree_status_is_ok(status)) status = alloca->attempt(&progress);
  if (iree_status_is_ok(status) && progress == Progress::kWaiting) return;
  alloca->finish(status);
}

void PoolAlloca::finish(iree_status_t status) {
  record_ended(device_, operation_, status);
  end_operation(device_, signals_.view(), status);
  delete this;
}

}  // namespace

iree_status_t alloca_from_pool(HalDevice& device, const iree_hal_semaphore_list_t& signals,
                               iree_hal_pool_t* pool, iree_hal_buffer_params_t params,
                               iree_device_size_t size, iree_hal_alloca_flags_t flags,
                               iree_hal_buffer_t* transient, const ProfiledOperation& operation) {
  auto alloca = std::make_unique<PoolAlloca>(device, signals, pool, params, size, flags,
                                             transient, operation);
  PoolAlloca::Progress progress = PoolAlloca::Progress::kDone;
  IREE_RETURN_IF_ERROR(alloca->attempt(&progress));
  PoolAlloca* released = alloca.release();
  if (progress == PoolAlloca::Progress::kDone) released->finish(iree_ok_status());
  return iree_ok_status();
}

void decommit_transient(HalDevice& device, iree_hal_buffer_t* transient) {
  iree_hal_local_transient_buffer_decommit(transient);
  if (!device.frontier_tracker) {
    iree_hal_local_transient_buffer_release_reservation(transient, nullptr);
    return;
  }
  // Every use has ended; the frontier lets others order themselves after this operation.
  const uint64_t epoch = device.epoch.fetch_add(1, std::memory_order_acq_rel) + 1;
  iree_async_single_frontier_t death;
  iree_async_single_frontier_initialize(&death, device.axis, epoch);
  iree_hal_local_transient_buffer_release_reservation(
      transient, iree_async_single_frontier_as_const_frontier(&death));
  iree_async_frontier_tracker_advance(device.frontier_tracker, device.axis, epoch);
}

}  // namespace takt
