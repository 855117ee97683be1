// The policies, one file each; policy.cpp holds the table by name.
#pragma once

#include "dispatch/policy.h"

namespace takt {

const Policy& dynamic_policy();   // most urgent first, every idle lane helps
const Policy& dynamic_fcfs_policy();
const Policy& dynamic_round_robin_policy();
const Policy& dynamic_sjf_policy();
const Policy& dynamic_batch_policy();
const Policy& dynamic_widest_first_policy();
const Policy& dynamic_keep_asleep_policy();
const Policy& jobshop_policy();   // earliest deadline first inside a criticality
const Policy& pinned_policy();    // only on the lanes of its pin
const Policy& strict_policy();    // the plan's lanes, order and start times
const Policy& hybrid_policy();    // the plan, work conserving where it costs nothing
const Policy& hybrid_save_policy();   // ... on the plan's lanes while all can be in time there
const Policy& serial_policy();    // one operation at a time on given lanes (profiling)

}  // namespace takt
