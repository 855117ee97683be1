#include "hal/execution.h"

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "hal/device.h"
#include "hal/plan_book.h"
#include "hal/queue_memory.h"
#include "hal/thread_job.h"

namespace takt {
namespace {

iree_status_t map_resource(iree_hal_buffer_t* buffer, iree_device_size_t offset,
                           iree_device_size_t length, MappedResource* out) {
  MemoryRange range;
  IREE_RETURN_IF_ERROR(memory_range(buffer, offset, length, &range));
  iree_hal_buffer_mapping_t mapping = {};
  IREE_RETURN_IF_ERROR(iree_hal_buffer_map_range(range.buffer, IREE_HAL_MAPPING_MODE_PERSISTENT,
                                                 IREE_HAL_MEMORY_ACCESS_ANY, range.offset,
                                                 range.length, &mapping));
  out->data = mapping.contents.data;
  out->length = mapping.contents.data_length;
  return iree_ok_status();
}

// Maps the binding table and the buffers that commands name directly.
iree_status_t map_resources(const CommandBuffer& cb, const iree_hal_buffer_binding_table_t& table,
                            std::vector<MappedResource>& resources) {
  resources.assign(cb.resource_count(), {});
  const size_t slots = std::min<size_t>(cb.base.binding_capacity, table.count);
  for (size_t slot = 0; slot < slots; ++slot) {
    const iree_hal_buffer_binding_t& binding = table.bindings[slot];
    if (!binding.buffer) continue;
    IREE_RETURN_IF_ERROR(map_resource(binding.buffer, binding.offset,
                                      binding.length ? binding.length : IREE_HAL_WHOLE_BUFFER,
                                      &resources[slot]));
  }
  for (size_t i = 0; i < cb.direct_buffers.size(); ++i) {
    IREE_RETURN_IF_ERROR(map_resource(cb.direct_buffers[i], 0, IREE_HAL_WHOLE_BUFFER,
                                      &resources[cb.base.binding_capacity + i]));
  }
  return iree_ok_status();
}

void retain_bindings(Execution& execution, const iree_hal_buffer_binding_table_t& table) {
  for (iree_host_size_t slot = 0; slot < table.count; ++slot) {
    if (!table.bindings[slot].buffer) continue;
    iree_hal_buffer_retain(table.bindings[slot].buffer);
    execution.buffers.push_back(table.bindings[slot].buffer);
  }
}

void finish_execution(Execution* execution, iree_status_t status) {
  HalDevice& device = *execution->device;
  for (iree_hal_buffer_t* buffer : execution->buffers) iree_hal_buffer_release(buffer);
  execution->buffers.clear();
  execution->own_program.reset();
  record_ended(device, execution->profile, status);
  // A signal may run whatever waits for it, this very command buffer among it.
  end_operation(device, execution->signals.view(), status);
  execution->signals.clear();
  CommandBuffer* command_buffer = execution->command_buffer;
  command_buffer->executions->release(execution);
  iree_hal_command_buffer_release(&command_buffer->base);   // may free the execution
}

void on_done(Submission& submission, Fault fault) {
  auto* execution = static_cast<Execution*>(submission.owner);
  // A failed timeline would fail for good: whoever lets a job be given up looks at the flag.
  if (execution->given_up && submission.end() == SubmissionEnd::kCancelled)
    execution->given_up->store(true, std::memory_order_relaxed);
  finish_execution(execution, reinterpret_cast<iree_status_t>(fault));
}

void tag(Submission& submission, const ActiveJob& job) {
  submission.task = job.task;
  submission.job = job.number;
  submission.release = job.release;
  submission.deadline = job.deadline;
  submission.criticality = job.criticality;
  submission.priority = job.priority;
  DCHECK(job.given_up || (!job.may_be_shed && job.give_up_at == Nanos::max()));
  submission.may_be_shed = job.may_be_shed;
  submission.give_up_at = job.give_up_at;
}

// The plan's lanes and times for this submission.
iree_status_t apply_plan(HalDevice& device, const CommandBuffer& cb, const ActiveJob* job,
                         Submission& submission) {
  const bool tagged = job && job->task != TraceEvent::kNoTask;
  const bool strict = device.executor->policy().name() == "strict";
  PlanBook::Found found;
  if (tagged) {
    found = device.plans->find(cb.planned, job->task, job->number);
  } else if (cb.planned) {
    found = device.plans->find_any(*cb.planned);
  }
  if (!found.assignment) {
    if (!strict || !found.plan || !found.plan->plan) return iree_ok_status();
    const uint32_t task = found.plan->scope.tasks[job->task].plan_task;
    return iree_make_status(
        IREE_STATUS_FAILED_PRECONDITION,
        "policy strict: job %" PRIu64 " of task %s runs a command buffer of %zu commands that "
        "is not in the plan; plan again or use policy=hybrid",
        job->number, found.plan->plan->tasks[task].name.c_str(), cb.items.size());
  }
  device.planned_submissions.fetch_add(1, std::memory_order_relaxed);
  submission.assignment = found.assignment;
  submission.keeps[0] = found.plan;
  if (device.executor->policy().keeps_lanes()) {
    const std::shared_ptr<const Tape> tape =
        cb.tapes.of(*cb.program, *found.assignment, found.plan);
    submission.tape = tape.get();
    submission.keeps[1] = tape;
  }
  if (tagged) {
    submission.plan_base = found.base;
  } else if (strict) {
    // No job: the plan's times count from now on.
    Nanos first = Nanos::max();
    for (const PlannedItem& item : submission.assignment->items)
      first = std::min(first, item.start);
    submission.plan_base = monotonic_now() - first;
  }
  return iree_ok_status();
}

// Pins and orders that come from the policy or a test, not from a plan.
void apply_modes(HalDevice& device, Execution& execution, const ActiveJob* job,
                 Submission& submission) {
  if (const uint32_t range = device.serial_lanes.load(std::memory_order_relaxed))
    submission.pin = LaneMask::first(range & 0xffff) - LaneMask::first(range >> 16);
  if (job && job->task != TraceEvent::kNoTask && device.executor->policy().name() == "pinned")
    submission.pin = LaneMask::of(job->task % device.executor->lanes());
  if (!device.random_order.load(std::memory_order_relaxed)) return;
  Rng rng(device.random_order_seed.fetch_add(1));
  execution.own_program = std::make_unique<Program>(
      submission.program->in_order(submission.program->random_order(rng)));
  submission.program = execution.own_program.get();
  submission.assignment = nullptr;   // its items are in another order
  submission.tape = nullptr;
  submission.plan_base = Nanos::min();
}

}  // namespace

void SemaphoreList::assign(const iree_hal_semaphore_list_t& list) {
  clear();
  for (iree_host_size_t i = 0; i < list.count; ++i) {
    iree_hal_semaphore_retain(list.semaphores[i]);
    semaphores_.push_back(list.semaphores[i]);
    values_.push_back(list.payload_values[i]);
  }
}

void SemaphoreList::clear() {
  for (iree_hal_semaphore_t* semaphore : semaphores_) iree_hal_semaphore_release(semaphore);
  semaphores_.clear();
  values_.clear();
}

Execution* ExecutionPool::acquire(const std::vector<MappedResource>& resources) {
  std::lock_guard lock(mutex_);
  auto chosen = std::find_if(free_.begin(), free_.end(), [&](const Execution* execution) {
    return execution->resolved == resources;
  });
  if (chosen == free_.end() && (free_.empty() || all_.size() < kVariants)) {
    all_.push_back(std::make_unique<Execution>());
    return all_.back().get();
  }
  if (chosen == free_.end()) chosen = free_.begin();
  Execution* execution = *chosen;
  free_.erase(chosen);
  return execution;
}

void ExecutionPool::release(Execution* execution) {
  std::lock_guard lock(mutex_);
  free_.push_back(execution);
}

void start_execution(HalDevice* device, CommandBuffer* command_buffer,
                     const iree_hal_buffer_binding_table_t& table,
                     const iree_hal_semaphore_list_t& signals, const ProfiledOperation& profile) {
  static thread_local std::vector<MappedResource> resources;
  iree_status_t status = iree_ok_status();
  if (command_buffer->program) {
    status = map_resources(*command_buffer, table, resources);
  } else {
    status = iree_make_status(IREE_STATUS_FAILED_PRECONDITION,
                              "takt: the command buffer was submitted before it was ended");
  }
  Execution* execution = command_buffer->executions->acquire(resources);
  execution->device = device;
  execution->command_buffer = command_buffer;
  iree_hal_command_buffer_retain(&command_buffer->base);
  execution->signals.assign(signals);
  execution->profile = profile;
  record_started(&execution->profile);
  retain_bindings(*execution, table);
  execution->resources = resources;
  if (iree_status_is_ok(status)) status = resolve_dispatches(*execution, *command_buffer);
  const ActiveJob* job = thread_job();
  execution->given_up = job ? job->given_up : nullptr;
  const bool over =
      execution->given_up && execution->given_up->load(std::memory_order_relaxed);
  if (!iree_status_is_ok(status) || over) return finish_execution(execution, status);

  Submission* submission = device->executor->acquire();
  submission->program = command_buffer->program.get();
  if (job) tag(*submission, *job);
  if (!device->plans->empty()) status = apply_plan(*device, *command_buffer, job, *submission);
  if (!iree_status_is_ok(status)) {
    device->executor->abandon(submission);
    return finish_execution(execution, status);
  }
  apply_modes(*device, *execution, job, *submission);
  submission->data = execution;
  submission->owner = execution;
  submission->done = on_done;
  device->executor->submit(submission);
}

namespace {

struct HostItem {
  explicit HostItem(HostWork with)
      : work(std::move(with)), program(Program::from_deps({{run, this, 1, 0}}, {{}})) {}
  static Fault run(const void* context, const void*, LaneContext&, uint32_t, uint32_t) {
    static_cast<const HostItem*>(context)->work.run();
    return nullptr;
  }
  HostWork work;
  Program program;
};

}  // namespace

void start_host_work(HalDevice& device, HostWork work) {
  auto* item = new HostItem(std::move(work));
  Submission* submission = device.executor->acquire();
  tag(*submission, item->work.job);
  if (item->work.lane) submission->pin = LaneMask::of(*item->work.lane);
  submission->program = &item->program;
  submission->owner = item;
  submission->done = [](Submission& s, Fault) { delete static_cast<HostItem*>(s.owner); };
  device.executor->submit(submission);
}

}  // namespace takt
