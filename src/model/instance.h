// Instance: the Flexible Job Shop problem that solve/ works on and verify() checks.
//
// A pool is a set of interchangeable lanes (the cores of a cluster, an NPU, one machine
// of a published instance). A mode of an operation asks for `count` lanes of each of its
// pools at once for its whole duration. Precedence is a DAG with delays. The window is
// [0, horizon): a periodic instance repeats every horizon, so a plan must fit in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/nanos.h"
#include "model/ids.h"
#include "model/workload.h"

namespace takt {

struct Pool {
  std::string name;
  std::vector<LaneId> lanes;
};

struct Demand {
  PoolId pool;
  int count = 1;
};

struct Mode {
  std::vector<Demand> demands;        // distinct pools, counts >= 1
  std::string variant = "default";
  Nanos duration;                     // > 0
};

struct InstanceTask {
  std::string name;
  ModuleId module;
  std::string function;
  Criticality criticality = Criticality::kFirm;
  int priority = 0;
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
  Nanos delay;                        // after.start >= before.end + delay
};

struct Instance {
  std::string name;
  std::vector<std::string> lane_names;  // index = LaneId
  std::vector<Pool> pools;
  std::vector<InstanceTask> tasks;
  std::vector<Job> jobs;
  std::vector<Operation> operations;
  std::vector<Precedence> precedences;  // acyclic
  Nanos horizon = Nanos::max();         // window length; max(): not periodic

  std::string hash() const;             // content hash over every field that matters to a plan
};

}  // namespace takt
