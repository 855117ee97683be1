// The jobs of an overloaded window that can be in time together, and a schedule of them. A plan
// of all jobs of an overload is late everywhere; a plan of some is kept, and the others run, if
// at all, in what it leaves.
//
// Tasks are taken in by criticality, priority and order. The jobs of each are planned together
// with all that have been taken in (which come first: as hard ones), those that end up late are
// left out, and then tried one by one in the gaps. The last search makes lane time short, which
// on accelerators is energy as well.
#pragma once

#include <vector>

#include "model/instance.h"
#include "solve/solve.h"

namespace takt {

// The instance of these jobs alone (by job; all its tasks stay), in the same order, numbered
// anew. Commitments, chains and mode groups are left out. REQUIRES: keep.size() == jobs
Instance with_jobs(const Instance& instance, const std::vector<char>& keep);

struct FittingJobs {
  std::vector<char> in;              // by job
  Instance instance;                 // with_jobs() of them
  SolveResult result;                // of it: no job is late
};

// The numbers that the jobs of `with_jobs(instance, keep)` have in `instance`, by task.
std::vector<std::vector<uint32_t>> numbers_of(const Instance& instance,
                                              const std::vector<char>& keep);

// `options`: objective and hint are not looked at; steps, if they count, are each search's. The
// number of searches is at most tasks + jobs + 1.
FittingJobs fitting_jobs(const Instance& instance, const SolveOptions& options);

}  // namespace takt
