// Mission: a workload on one device for a while: releases every job on time, feeds it,
// and records how each ended. Every released job ends as done, missed or shed.
//
// On a takt device jobs are submitted ahead of their release: the lane that finishes
// job k submits job k+1 (a host call of the queue), so no thread besides the lanes ever
// runs. On IREE's own drivers one thread per task sleeps until the release, calls and
// waits, as their users do. Both shed by the same rule (see overrun below).
//
// Overrun (Task::overrun): a late job runs on, and the next ones run too (run-on) or are shed when
// their deadline has passed before they could be submitted (skip). On a takt device a late job of
// a task that aborts ends at its next operation boundary, as missed; and the policy may give up a
// soft or best-effort job that is in the way of more critical work, as shed. IREE's own drivers
// cannot abort: there such a job runs on.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/device.h"
#include "app/prepare.h"
#include "base/nanos.h"
#include "base/result.h"
#include "model/instance.h"
#include "model/plan.h"
#include "model/trace_event.h"
#include "model/workload.h"
#include "trace/collector.h"

namespace takt {

class MissionControl;

struct MissionOptions {
  // Jobs released in [origin, origin + duration) run; 0: until `stop` (takt devices only).
  Nanos duration = seconds(1);
  uint64_t jobs_max = 0;           // at most so many jobs of each task; 0: no limit
  const std::atomic<bool>* stop = nullptr;   // set: no further job is released
  // The first so many events are in the trace; without an end the last so many.
  size_t events_max = TraceCollector::kMaxEvents;
  // Not nullptr (takt devices only): one hyperperiod of the workload, its tasks in that order.
  // Windows are planned while the mission runs (mission_loop.h). Outlives run().
  const Instance* planning = nullptr;
  // Not nullptr (takt devices only): the plan to begin with, instead of the device's.
  const Plan* plan = nullptr;
  // On takt devices by the thread that called run(): `observe` for every event, as it is drained;
  // `progress` some ten times a second.
  std::function<void(const TraceEvent&)> observe;
  std::function<void()> progress;
};

class Mission {
 public:
  // `seed` draws the inputs. Runs every function once.
  static Result<std::unique_ptr<Mission>> create(const CompiledWorkload& compiled,
                                                 std::shared_ptr<Device> device, uint64_t seed);
  virtual ~Mission() = default;

  // Runs and blocks until every released job has ended. The trace holds kRelease and kJobEnd events
  // of every job, on a takt device also what the lanes recorded (when tracing is on).
  // May be called again.
  virtual Result<Trace> run(const MissionOptions& options) = 0;

  // The outputs of the last job of each task, as Call::outputs(); of another call with the same
  // inputs when that job was shed. REQUIRES: run() does not run
  virtual Result<std::vector<std::vector<std::string>>> outputs() = 0;

  // For changes while it runs; nullptr on devices other than takt's.
  virtual MissionControl* control() { return nullptr; }
};

}  // namespace takt
