// What a co-tenant costs each policy: a thread above the lanes' priority takes cpu 1 for
// 3 ms of every 10 ms (where real-time priority is refused: it competes as an equal), while
// two periodic tasks run on lanes 0 and 1:
//   vision   every 4 ms, soft, deadline its period: 26 layers of 20 items of 10 us, each
//            waiting for two of the layer before: 65 % of both lanes. Skipped while the
//            last one still runs.
//   control  every 4 ms, 2 ms after vision, hard, deadline 1 ms: a chain of 5 items of 10 us
// hybrid and strict have a plan of both (vision's layers half and half, control on lane 1).
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace takt::bench {

// {policy {items_per_s, hard_misses, hard_jobs, vision_skipped}, "stolen_pct", "realtime"}:
// sums over the rounds, in which the policies take turns.
Result<nlohmann::json> measure_cotenant(int rounds);

}  // namespace takt::bench
