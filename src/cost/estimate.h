// Estimates of costs that were not measured, only for who asks: `takt plan` without being
// asked ends with the missing cost's name instead. Every estimate is marked
// CostStats::estimated and has count 0.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "model/cost_table.h"

namespace takt {

// The cost of `key` at its width from the nearest measured narrower and wider one, by
// Amdahl's law: duration = serial + parallel / width. A measured cost is returned as it is.
// Never extrapolates: the error names the kernel and what to measure.
Result<CostStats> estimate_width(const CostTable& costs, const CostKey& key,
                                 const std::string& entry);

// Gives lane class `to` every measured cost of class `from`, its duration times
// `percent` / 100, where `to` has none: to plan for a SoC that is not here. Returns how
// many were added. REQUIRES: percent > 0
size_t estimate_class(CostTable& costs, const std::string& from, const std::string& to,
                      int percent);

// estimate_class() as people ask for it: "from:to:percent". kUsage: what is wrong with the text,
// or that it adds nothing.
Status add_estimate(const std::string& text, CostTable& costs);
std::string estimate_usage();

}  // namespace takt
