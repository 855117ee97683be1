// Instance: the Flexible Job Shop problem that solve/ works on and verify() checks.
//
// A pool is a set of interchangeable lanes (the cores of a cluster, an NPU, one machine
// of a published instance) at one site. A mode of an operation asks for `count` lanes of
// each of its pools at once for its whole duration. Precedence is a DAG with delays, and
// with the time its bytes need from the site of one operation to that of the other. The
// window is [0, horizon): a periodic instance repeats every horizon, so a plan must fit in
// it. `not_before`, `commitments` and `outages` say what is already decided and what is
// gone: a replanned window is an instance like any other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/ids.h"
#include "model/workload.h"

namespace takt {

struct Pool {
  std::string name;
  std::vector<LaneId> lanes;          // ascending
  bool aligned = false;               // `count` lanes are lanes[i * count, (i + 1) * count)
  uint32_t site = 0;                  // where it is; data between sites takes a link
};

// What data takes from one site to another: latency + bytes / bytes_per_us, rounded up.
// Sites without a link, and equal ones, take no time.
struct SiteLink {
  uint32_t from = 0, to = 0;          // from != to; one link per pair
  Nanos latency;                      // >= 0
  int64_t bytes_per_us = 1;           // > 0
};

struct Demand {
  PoolId pool;
  int count = 1;
};

struct Mode {
  std::vector<Demand> demands;        // distinct pools, counts >= 1
  std::string variant = "default";
  Nanos duration;                     // > 0
  // It runs at the site of its first demand's pool.
};

struct InstanceTask {
  std::string name;
  ModuleId module;
  std::string function;
  Criticality criticality = Criticality::kFirm;
  int priority = 0;
  int64_t weight = 1;                 // of its tardiness, >= 1
  Nanos jitter_max = Nanos::max();    // see Level::kControlJitter; max(): none is asked for
  // What happens to its jobs at run time, as in Task; plans do not look at it.
  Arrival arrival = Arrival::kPeriodic;
  TaskId on;                          // event: whose job k triggers job k
  int arrival_pct = 100;
  std::optional<Overrun> overrun;

  Overrun overrun_policy() const { return overrun.value_or(default_overrun(criticality)); }
};

struct Job {
  TaskId task;
  uint32_t index = 0;                 // k-th job of its task in the window
  Nanos release;
  Nanos deadline;                     // absolute; Nanos::max() when there is none
  uint32_t first_op = 0;              // its operations are [first_op, first_op + op_count)
  uint32_t op_count = 0;
};

struct Operation {
  enum class Kind { kGraphOp, kSubmit };   // kSubmit: the host work that submits the next job
  Kind kind = Kind::kGraphOp;
  JobId job;
  uint32_t graph_op = 0;              // index into the function's GraphFunction::ops
  std::string kernel_hash;            // CostSubject::kernel_hash, "submit" for kSubmit
  std::vector<Mode> modes;            // at least one
};

std::string_view name_of(Operation::Kind kind);   // "op", "submit"

struct Precedence {
  OpId before;
  OpId after;
  Nanos delay;                        // >= 0
  int64_t bytes = 0;                  // that `after` reads of `before`
  // after.start >= before.end + delay + transfer_time(site of before, site of after, bytes)
};

// One passage of data through a chain of tasks: from the release of `first` to the
// completion of `last`.
struct ChainRun {
  JobId first, last;
};

struct InstanceChain {
  std::string name;
  Nanos deadline;                     // end to end, > 0
  std::vector<ChainRun> runs;
};

// An operation that is decided already: it runs, or has run, or nothing may change it.
struct Commitment {
  OpId op;                            // at most one each
  Nanos start;
  uint32_t mode = 0;
  std::vector<LaneId> lanes;          // ascending
};

// `lane` cannot be used in [start, end): lost, reserved, too hot. Committed operations may
// overlap an outage: they were decided before it was known.
struct Outage {
  LaneId lane;
  Nanos start, end;                   // start < end; end max(): for good
  bool operator==(const Outage&) const = default;
};

struct Instance {
  std::string name;
  std::vector<std::string> lane_names;  // index = LaneId
  std::vector<Pool> pools;
  std::vector<InstanceTask> tasks;
  std::vector<Job> jobs;
  std::vector<Operation> operations;
  std::vector<Precedence> precedences;  // acyclic
  std::vector<SiteLink> links;
  std::vector<InstanceChain> chains;
  // Operations that share one mode index, such as all jobs of a kernel whose packed weights
  // fix its width. Their mode lists are as long as each other's; groups are disjoint.
  std::vector<std::vector<OpId>> mode_groups;
  std::vector<Commitment> commitments;
  std::vector<Outage> outages;
  Nanos not_before;                     // no operation that is not committed starts earlier
  Nanos horizon = Nanos::max();         // window length; max(): not periodic

  std::string hash() const;             // content hash over every field that matters to a plan
};

// Time that `bytes` need between two sites.
Nanos transfer_time(const Instance& instance, uint32_t from_site, uint32_t to_site, int64_t bytes);

// Nothing, or what is wrong with the instance in one sentence: ids out of range, cycles,
// modes that no pool can hold, commitments that contradict each other's lanes or order.
// Every instance that the solver is given has passed it. Times are 0 to 2^62 ns, lane and
// task names unique, a task's jobs numbered in order; and the values of all levels of any
// schedule without needless gaps fit in 63 bits, so that solvers add without care.
// Time: linear in the instance, times links where commitments wait for data.
Status check_instance(const Instance& instance);

}  // namespace takt
