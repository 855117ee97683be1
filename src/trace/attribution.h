// Attribution: why each job that was missed or shed was so, from the trace alone or, better, with
// the plan: docs/attribution.md.
//
// The lateness of a job is followed backwards from its end, operation by operation, along the
// operation of the job that ended last before this one began (the last-to-finish path of a trace;
// cf. the critical path of Yang and Miller, 1988). Each step is an execution and the wait before
// it; what either took beyond the plan (without one: beyond the operation's median in this trace,
// and no wait) is a delay, and a wait is explained by what held the operation's lanes meanwhile.
// A lane that was held by an operation which was itself late is the fault of what made that late,
// and so on.
//
// Invariant: the parts of a miss are positive and add up to `late`. Where the plan had slack, the
// delays are more than the lateness: all shrink in proportion.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "model/plan.h"
#include "model/trace_event.h"
#include "trace/mission_facts.h"

namespace takt {

enum class Cause : uint8_t {
  kExecution,      // an operation (of `task`, which may be another) ran longer than planned
  kQueueing,       // operations of `task` held the lanes; of its own: the job before it
  kResource,       // `lane` is an accelerator that others had, or was lost
  kLateInput,      // data of `task` was not there; its own: came late from outside
  kLateStart,      // nothing held the lanes: woke late, lost its cpu, or was not chosen
  kNoRoom,         // the plan itself ends after the deadline (without one: its median work does)
  kUnknown,        // the trace does not tell: no operations in it
};
std::string_view name_of(Cause cause);   // "execution", "queueing", ...

struct CausePart {
  static constexpr uint32_t kNone = UINT32_MAX;

  Cause cause = Cause::kUnknown;
  uint32_t task = kNone;           // Trace::tasks; see Cause
  uint32_t op = kNone;             // kExecution: which operation, the largest of several
  uint32_t lane = kNone;           // kResource, kLateStart
  Nanos time;
};

struct Miss {
  uint32_t task = 0;
  uint64_t job = 0;
  bool shed = false;
  // Finished late: end - deadline. Shed, or given up before its deadline: end - release.
  Nanos late;
  std::vector<CausePart> parts;    // one per (cause, task, lane), largest first; never empty
};

// Every missed or shed job that the trace has a release and an end of, by task and number.
// `plan` may be nullptr. Time: linear in the trace, and in the misses times what they follow.
std::vector<Miss> attribute_misses(const Trace& trace, const Plan* plan,
                                   const MissionFacts& facts);

// The misses of one task by their main cause.
struct CauseSum {
  CausePart main;                  // time: of this cause, over all these jobs
  int64_t missed = 0, shed = 0;    // jobs
};
struct TaskCauses {
  std::vector<CauseSum> causes;    // most jobs first
};
// One entry per Trace::tasks.
std::vector<TaskCauses> sum_causes(const std::vector<Miss>& misses, size_t tasks);

}  // namespace takt
