// The HAL driver `takt`: what the rest of the program (and any IREE program) sees of it.
// Results of the executor, the queue and the command buffers stay behind this header.
//
// Device URI: takt://[plan.json]?policy=&soc=&graph=&lanes=&inline=&trace=&realtime=
// (docs/executor.md lists the parameters). Everything here is thread-safe unless it says
// otherwise; an iree_hal_device_t made here is released like any other.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/lane_mask.h"
#include "base/nanos.h"
#include "base/result.h"
#include "iree/hal/api.h"
#include "model/dispatch_graph.h"
#include "model/plan.h"
#include "model/trace_event.h"
#include "model/workload.h"

extern "C" {
// Registers driver name "takt". The loaders are those IREE was built with.
iree_status_t takt_hal_driver_register(iree_hal_driver_registry_t* registry);
}

namespace takt {

// Whose planned operations a lane may take when the policy says so.
enum class Helps { kAnybody, kCluster, kNobody };
inline constexpr Helps kHelps[] = {Helps::kAnybody, Helps::kCluster, Helps::kNobody};
std::string_view name_of(Helps helps);

struct DeviceOptions {
  std::string plan;                  // path of plan.json; empty: no plan
  std::vector<std::string> graphs;   // dispatch graphs without a plan: finer dependencies only
  std::string soc;                   // path of soc.yaml; names and classes of the lanes
  std::string policy;                // empty: "hybrid" with a plan, else "dynamic"
  std::vector<int> cpus;             // cpu of each lane; empty: the SoC's, else every usable cpu
  std::optional<int> lanes;          // number of lanes when `cpus` is empty
  bool pin = true;                   // pin each worker to its cpu
  bool workers = true;               // false: only threads that submit or wait run anything
  bool inline_submit = true;         // the submitting thread may run its own work
  uint32_t trace_capacity = 0;       // events per lane, rounded up to a power of two; 0: off
  bool realtime = false;             // SCHED_FIFO for the workers when permitted
  bool topology = false;             // pinned lanes wake and help near ones first (hwloc)
  Helps helps = Helps::kAnybody;     // kCluster: needs `topology`
  Nanos watch{0};                    // a lane without progress for so long is lost; 0: unwatched
  bool lock_memory = false;          // no page fault after start, when permitted
  Nanos timer_slack{-1};             // how late the kernel may wake a lane; < 0: as it is
  int serial_width = 1;              // policy "serial": lanes per operation
  int serial_first_lane = 0;         // policy "serial": the first of those lanes
};

// One "name=value" of a device URI. kUsage names the known parameters.
Status set_option(DeviceOptions& options, std::string_view name, std::string_view value);

// Creates a device without going through a driver registry. The caller releases it.
// kUsage: a plan or graph that does not read, a cpu that does not exist, an unknown policy.
Result<iree_hal_device_t*> create_device(const DeviceOptions& options,
                                         const iree_hal_device_create_params_t* params,
                                         iree_allocator_t host_allocator);

// The job on whose behalf a thread submits work. Times are absolute (monotonic clock).
struct ActiveJob {
  uint32_t task = TraceEvent::kNoTask;       // index into Plan::tasks / Workload::tasks
  uint64_t number = 0;                       // job number since the start of the run
  Nanos release = Nanos::min();              // nothing of it starts before
  Nanos deadline = Nanos::max();
  Criticality criticality = Criticality::kBestEffort;
  int priority = 0;
  bool may_be_shed = false;                  // the policy may give the job up
  Nanos give_up_at = Nanos::max();           // ... and from then on it is given up
  // Set when the job was given up; needed by both. What has not begun of it does not run, its
  // timelines go on as if it had, and its outputs are undefined. Outlives the job.
  std::atomic<bool>* given_up = nullptr;
};

// Every submission that this thread makes from now on, on any takt device, belongs to
// `*job` (copied); nullptr: to no job, run as soon as possible.
void set_thread_job(const ActiveJob* job);

// A plan for jobs by their numbers since the start of the run.
struct PlanChange {
  static constexpr uint32_t kNoTask = UINT32_MAX;
  struct TaskJobs {
    uint32_t plan_task = kNoTask;    // in plan->tasks; kNoTask: the plan does not have the task
    uint64_t first = 0;              // the job that is the plan's job 0 of that task
  };
  struct Scope {
    std::vector<TaskJobs> tasks;     // by ActiveJob::task
    Nanos base;                      // absolute: where its first window starts
    // Its window comes again and again; false: it has the jobs of one window only.
    bool repeats = true;
  };
  std::shared_ptr<const Plan> plan;  // nullptr: jobs from the scope's on have no plan
  Scope scope;
};

// Work of the host as one item of a job: competes with the kernels under the policy.
struct HostWork {
  ActiveJob job;
  std::optional<uint32_t> lane;      // the only lane it may run on
  std::function<void()> run;         // on a lane; may submit more, must not wait for it
};

struct DeviceStatistics {
  uint64_t submissions = 0;          // command buffers started
  uint64_t operations = 0;           // dispatches, fills and copies completed
  uint64_t inline_submissions = 0;   // finished by the submitting thread before submit returned
  uint64_t wakes = 0;                // futex wakes of parked lanes
  uint64_t planned_submissions = 0;  // that had an assignment of the plan
  uint64_t trace_dropped = 0;
};

// What a takt device offers beyond the HAL. Lives as long as the device.
class DeviceControl {
 public:
  virtual ~DeviceControl() = default;

  virtual const std::string& policy() const = 0;
  virtual const std::vector<std::string>& lane_names() const = 0;
  virtual const std::vector<int>& lane_cpus() const = 0;   // -1: not pinned
  // Empty when every wish was granted; else what was not (real-time priority, a pin), and what the
  // watch has found.
  virtual std::string warning() const = 0;

  virtual DeviceStatistics statistics() const = 0;
  // Calls `sink` for every event recorded since the last call. One caller at a time.
  virtual void drain_trace(const std::function<void(const TraceEvent&)>& sink) = 0;

  // Window k of the plan the device was made with starts at origin + k * window; plans set since
  // are forgotten. Default: time of creation.
  virtual void set_window_origin(Nanos origin) = 0;

  // The plan that the device was made with; nullptr: none.
  virtual std::shared_ptr<const Plan> plan() const = 0;
  // The plan of the jobs that `change` names, when they are submitted from now on; jobs in flight
  // keep what they have, and for jobs that it does not name the plans before it hold (as many of
  // them as hal/plan_book.h says). Does not stop anything. kUsage: the plan is not valid (verify;
  // that of a single window was verified by its maker), or for lanes or modules (add_graphs) that
  // the device does not have: then nothing changes.
  virtual Status set_plan(const PlanChange& change) = 0;
  // Functions that may be planned from now on, before their modules are loaded. Graphs the device
  // has are left out; all are kept as long as the device lives.
  virtual void add_graphs(std::vector<DispatchGraph> graphs) = 0;
  // How many plans are held, by the device or by what lanes may still look at.
  virtual size_t plans_held() const = 0;

  // Test hook: run the operations of each submission one after another in a random
  // topological order of their dependencies. nullopt: off.
  virtual void set_random_order(std::optional<uint64_t> seed) = 0;

  // Policy "serial": each operation alone, on lanes [first, first + width).
  // REQUIRES: nothing is in flight
  virtual Status set_serial(int width, int first_lane) = 0;

  // Runs on a lane once it is released, after this call has returned or on another thread.
  virtual void submit_host(HostWork work) = 0;
  // Lanes that the watch has not found lost.
  virtual LaneMask usable_lanes() const = 0;

  // Blocks until nothing is in flight.
  virtual void wait_idle() = 0;
};

// The control of a takt device; nullptr when `device` is another driver's.
DeviceControl* device_control(iree_hal_device_t* device);

}  // namespace takt
