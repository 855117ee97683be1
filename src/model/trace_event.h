// TraceEvent: one thing that happened on one lane, fixed size so that lanes can
// write them into bounded rings without allocating. Trace: all events of a run or a
// simulation, with the names needed to read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/nanos.h"
#include "model/ids.h"
#include "model/workload.h"

namespace takt {

struct TraceEvent {
  enum class Kind : uint8_t {
    kOp,          // a lane ran (a share of) an operation: [begin, end)
    kRelease,     // a job was released: begin
    kJobEnd,      // a job ended: begin = release, end = end; value = JobOutcome
    kSubmit,      // host work that submitted a job: [begin, end)
    kIdle,        // a lane was parked: [begin, end)
    kDecision,    // something was decided or changed: begin; value = TraceDecision
    kInputs,      // a job's inputs came after its release: begin = release, end = when they came
  };
  static constexpr uint32_t kNoTask = UINT32_MAX;

  Kind kind = Kind::kOp;
  uint16_t lane = 0;
  uint16_t value = 0;         // kOp: number of tiles (saturated); else see kind
  uint32_t task = kNoTask;    // TaskId of the running workload, kNoTask when untagged
  uint32_t op = 0;            // graph_op in the function
  uint32_t region = 0;
  uint64_t job = 0;           // job number since the start of the run
  Nanos begin;
  Nanos end;
};

// What a kDecision event says.
enum class TraceDecision : uint16_t {
  kMoved,            // an operation began on a lane the plan does not name
  kOtherUnit,        // ... on a core though planned for the accelerator, or the other way
  kShed,             // a job was given up by the policy
  kReplan,           // a new plan was asked for
  kLaneLost, kLaneBack,
  kAcceleratorFailed, kAcceleratorBack,
  kSpeed,            // op: per cent of full speed; lane: the first of the cluster
  kAcceleratorTimedOut,           // op: what hung there
  kAcceleratorGivenUp,
  kToCore,           // op: would wait longer for the accelerator than cores take
  // Acted on (dispatch/reaction.h); kLaneLost: it was told.
  kLaneSilent,
  kClusterSlower, kClusterFaster,   // as for kSpeed: what policies reckon with from now on
  kLoadUneven,
  kReplanDue,        // a plan that was asked for earlier may be made now
  // Of windows (docs/windows.md).
  kReplanFor,        // a plan for what holds now is made; op: ReplanReason (replan_reason.h)
  kPlanLate,         // a plan came after the beginning of its window
  kMode,             // the mission does something else now; op: which mode
};
// "moved", "lane lost", ...
std::string_view name_of(TraceDecision decision);

enum class JobOutcome : uint8_t { kDone, kMissed, kShed };

struct Trace {
  std::vector<std::string> lanes;
  std::vector<std::string> tasks;
  std::vector<TraceEvent> events;   // sorted by begin
  uint64_t dropped = 0;             // events that did not fit in a ring
  Nanos origin;                     // start of window 0 on the run's clock
};

}  // namespace takt
