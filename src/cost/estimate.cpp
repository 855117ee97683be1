#include "cost/estimate.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace takt {
namespace {

struct Measured {
  int width;
  CostStats stats;
};

// The value at `width` on the curve a + b / width through both points.
Nanos between(Nanos narrow, int narrow_width, Nanos wide, int wide_width, int width) {
  const int64_t weight = int64_t{wide_width} * (width - narrow_width);
  const int64_t whole = int64_t{width} * (wide_width - narrow_width);
  return narrow + (wide - narrow) * weight / whole;
}

CostStats scaled(CostStats stats, int percent) {
  for (Nanos* time : {&stats.min, &stats.median, &stats.p95, &stats.max})
    *time = std::max(*time * percent / 100, Nanos(1));
  stats.count = 0;
  stats.estimated = true;
  return stats;
}

}  // namespace

Result<CostStats> estimate_width(const CostTable& costs, const CostKey& key,
                                 const std::string& entry) {
  std::optional<Measured> narrow, wide;
  for (const auto& [at, stats] : costs) {
    CostKey same = at;
    same.width = key.width;
    if (same != key || stats.estimated) continue;
    if (at.width == key.width) return stats;
    if (at.width < key.width && (!narrow || narrow->width < at.width)) narrow = {at.width, stats};
    if (at.width > key.width && (!wide || wide->width > at.width)) wide = {at.width, stats};
  }
  if (!narrow || !wide)
    return bad_input("kernel " + entry + " on " + key.lane_class + ": width " +
                     std::to_string(key.width) + " cannot be estimated, no " +
                     (narrow ? "wider" : "narrower") + " width was measured: run `takt profile`");
  CostStats stats;
  stats.estimated = true;
  for (Nanos CostStats::*time :
       {&CostStats::min, &CostStats::median, &CostStats::p95, &CostStats::max})
    stats.*time = between(narrow->stats.*time, narrow->width, wide->stats.*time, wide->width,
                          key.width);
  return stats;
}

size_t estimate_class(CostTable& costs, const std::string& from, const std::string& to,
                      int percent) {
  CHECK(percent > 0);
  std::vector<std::pair<CostKey, CostStats>> added;
  for (const auto& [key, stats] : costs) {
    if (key.lane_class != from || stats.estimated) continue;
    CostKey other = key;
    other.lane_class = to;
    if (!costs.find(other)) added.emplace_back(other, scaled(stats, percent));
  }
  for (const auto& [key, stats] : added) costs.set(key, stats);
  return added.size();
}

Status add_estimate(const std::string& text, CostTable& costs) {
  const size_t first = text.find(':'), last = text.rfind(':');
  const std::string percent = last == text.npos ? "" : text.substr(last + 1);
  const bool is_number = !percent.empty() && percent.size() <= 6 &&
                         percent.find_first_not_of("0123456789") == percent.npos;
  if (first == last || !is_number || std::stoi(percent) == 0)
    return bad_input("--estimate: must be from:to:percent such as core.host:core.little:250, "
                     "is '" + text + "'");
  const std::string from = text.substr(0, first);
  const std::string to = text.substr(first + 1, last - first - 1);
  if (estimate_class(costs, from, to, std::stoi(percent)) == 0)
    return bad_input("--estimate " + text + ": lane class '" + from +
                     "' has no costs that '" + to + "' lacks");
  return {};
}

std::string estimate_usage() {
  return "from:to:percent: where lane class `to` has no measured cost, count with this "
         "percentage of the time on `from`, e.g. core.host:core.little:250";
}

}  // namespace takt
