// Admission: what of a workload its plan guarantees, task by task and by name, before it runs.
//
// Guaranteed: every job is in time in the plan. Otherwise a hard or firm task is refused, a soft
// or best-effort one degraded: it runs, and is late as the reason says. A sporadic hard or firm
// task whose jobs are in time is degraded too: the plan keeps room for it as often as it may come,
// but how soon a job runs that comes at another time is up to the policy.
// The guarantee is the plan's: it holds while durations are what was planned with.
#pragma once

#include <string>
#include <vector>

#include "model/instance.h"
#include "model/workload.h"
#include "solve/problem.h"
#include "solve/solve.h"

namespace takt {

enum class Verdict { kGuaranteed, kDegraded, kRefused };   // best first
std::string_view name_of(Verdict verdict);                 // "guaranteed", ...

struct Admitted {
  std::string name;                  // of the task, or "chain <name>"
  Criticality criticality = Criticality::kFirm;
  Verdict verdict = Verdict::kGuaranteed;
  std::string why;                   // one sentence with the resource; empty when guaranteed
};

struct Admission {
  std::vector<Admitted> tasks;       // in the order of the instance, then its chains

  bool refused() const;              // any of it
};

// `result` is of solve(problem, ...). Tasks without jobs in the instance run unplanned beside it.
Admission admission_of(const Problem& problem, const SolveResult& result);

// The `latest` edges whose data may be older than their staleness when it is read: the output of a
// task is replaced by its next one after a period and a deadline at most, that of a sporadic task
// perhaps never. Degraded, named "edge <from> -> <to>".
std::vector<Admitted> stale_edges(const Workload& workload);

// The change from W to W': nothing of W' may be refused but what was refused in W already, and
// nothing that stays may be worse off than it was. "", or what speaks against it, a line each.
std::string objections(const Admission& before, const Admission& after);

// A line per task that is not guaranteed; empty when all are.
std::string text_of(const Admission& admission);

}  // namespace takt
