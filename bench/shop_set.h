// Published instances in folders, one per set, and what is known of their makespans: from
// best_known.csv beside the folders, else from a recorded reference.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace takt::bench {

struct BestKnown {
  int64_t lower = 0, upper = 0;
  bool published = true;         // false: only the best of both engines, recorded here
};

struct Shop {
  std::string set, name, path;
  std::optional<BestKnown> best;
};

// The instances under `dir`, by set and name. `sets` and `names` select; empty: all. kUsage:
// no such folder, set or instance, or a best_known.csv that cannot be read, with its line.
Result<std::vector<Shop>> read_shops(const std::string& dir, const std::vector<std::string>& sets,
                                     const std::vector<std::string>& names);

// bench/baselines/dag_reference.json of the source tree:
// {"machine", "seconds", "threads", "instances": {"set/name": {"value", "bound"}}}.
std::string reference_path();

}  // namespace takt::bench
