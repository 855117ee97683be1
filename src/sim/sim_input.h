// SimInput: what the simulator runs: the operations of one window of an Instance with their
// durations on every lane, and what the plan says of them, as flat arrays. Immutable; any
// number of simulations, also at once, may share one.
//
// How the modes of an operation become durations: a mode of k lanes of one pool is its
// duration on k cores of that cluster; a mode of one core and one lane of another pool is its
// duration on that accelerator, driven by the core. Where a width is missing, the next
// narrower mode holds (wider ones that save nothing are no modes); narrower than the
// narrowest, the work is taken to divide evenly. Lanes of several clusters on one operation add
// their speeds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/lane_mask.h"
#include "base/nanos.h"
#include "base/result.h"
#include "dispatch/policy.h"
#include "model/instance.h"
#include "model/plan.h"

namespace takt {

struct SimOp {
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t job = 0;
  uint32_t graph_op = 0;
  uint32_t kernel = 0;                 // equal kernels, equal numbers; from 1
  uint32_t tiles = 1;                  // > 1: lanes may join and leave while it runs
  uint32_t widest = 1;                 // lanes of its widest mode
  uint32_t inputs = 0;                 // edges from operations of the same job
  uint32_t first_edge = 0, edges = 0;  // SimInput::edges: what waits for it
  uint32_t first_cross = 0, crosses = 0;   // SimInput::crosses: what it waits for in other jobs
  bool submit = false;                 // Operation::Kind::kSubmit
  uint32_t accelerator = kNone;        // pool
  Nanos accelerator_duration;
  Nanos remaining;                     // least time from its start to the end of its job
  LaneMask lanes;                      // cores that can run it or drive it

  bool planned = false;
  Unit unit = Unit::kCore;
  Nanos start, duration;               // start: from the beginning of the window
  LaneMask planned_lanes;              // cores only
};

struct SimEdge {
  uint32_t op = 0;                     // the other end
  uint32_t cross = SimOp::kNone;       // to another job: its place in SimInput::crosses
  Nanos delay;
  uint32_t transfer = SimOp::kNone;    // SimInput::transfers; kNone: takes no time
};

struct SimJob {
  uint32_t task = 0;
  Nanos release, deadline;             // from the beginning of the window; max(): none
  uint32_t first_op = 0, op_count = 0;
  uint32_t graph_ops = 0;              // without the submit
  uint32_t index = 0;                  // k-th of its task in the window
};

struct SimTask {
  std::string name;
  Criticality criticality = Criticality::kFirm;
  int priority = 0;
  Arrival arrival = Arrival::kPeriodic;
  uint32_t on = SimOp::kNone;          // kEvent: the task that triggers it
  int arrival_pct = 100;
  Overrun overrun = Overrun::kRunOn;
  Nanos separation = Nanos::max();     // least time between planned releases in a window
  std::vector<uint32_t> jobs;          // of a window, in order
  LaneMask pin;                        // lanes it must run on; empty: any
  bool on_demand = false;              // its one job is not released by time
};

struct SimPool {
  std::string name;
  uint32_t site = 0;
  bool cores = false;                  // something runs on its lanes,
  bool accelerator = false;            // or is driven there; neither: nobody uses it
  std::vector<uint32_t> lanes;
};

struct SimInput {
  std::vector<std::string> lane_names;
  std::vector<uint32_t> pool_of;       // per lane
  std::vector<SimPool> pools;
  LaneMask cores;                      // lanes that ask for work; the others are accelerators
  uint32_t sites = 1;
  uint32_t widths = 1;                 // of the widest mode
  std::vector<SimTask> tasks;
  std::vector<SimJob> jobs;
  std::vector<SimOp> ops;
  std::vector<SimEdge> edges, crosses;
  std::vector<int64_t> durations;      // ns, [op][pool][width - 1]; 0: cannot run there
  std::vector<int64_t> transfers;      // ns, [transfer][from site][to site]
  uint32_t planner = SimOp::kNone;     // the task that makes plans; kNone: none does
  Nanos window = Nanos::max();         // max(): happens once

  // On `width` lanes of the pool, at full speed.
  Nanos duration(uint32_t op, uint32_t pool, uint32_t width) const {
    return Nanos(durations[(size_t{op} * pools.size() + pool) * widths +
                           (width < widths ? width : widths) - 1]);
  }
};

struct SimInputOptions {
  // Per operation of the instance; empty: at least as many as its widest mode has lanes, and
  // so many that one takes about kTile on one core.
  std::vector<uint32_t> tiles;
  // Slices of the task kPlannerTask, which is added behind the instance's; 0: none. It runs on
  // any core; a slice takes `planner_slice` where the instance's work is fastest, longer elsewhere
  // as that does on average.
  uint32_t planner_slices = 0;
  Nanos planner_slice = micros(200);
};

// The plan may cover a part of the operations; the rest has no plan. Where it uses a slower
// variant than the lanes offer, the faster one's duration is simulated.
// kUsage: a mode that is neither cores of one pool nor one core with an accelerator, a plan of
// other operations or lanes, more lanes than LaneMask holds, or jobs that wait for later jobs of
// their own task (jobs of a task run one after another here, as they do on the executor).
// REQUIRES: check_instance(instance)
Result<SimInput> make_sim_input(const Instance& instance, const Plan* plan,
                                const SimInputOptions& options = {});

// Every task pinned to one lane for good, the greediest tasks first, each to the lane that is
// least loaded then (partitioned scheduling, worst fit decreasing): what "pinned" runs without
// a plan.
void pin_tasks(SimInput& input);

}  // namespace takt
