// The score of XRBench that no schedule can beat: what shows that two policies are level because
// there is nothing left to gain.
#pragma once

#include "model/instance.h"
#include "model/soc.h"

namespace takt::bench {

// Every frame alone on the machine: as fast as all cores together or its accelerator make each
// operation, at the energy of the thriftiest mode of each. `instance`: a chain of operations per
// job, its lanes those of `soc`.
double score_bound(const Instance& instance, const Soc& soc);

}  // namespace takt::bench
