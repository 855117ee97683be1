#include "model/verify_modes.h"

#include <algorithm>
#include <iterator>

#include "base/time_text.h"

namespace takt {
namespace {

std::vector<uint32_t> sites_of(const Instance& instance, uint32_t op,
                               const std::vector<uint32_t>& modes) {
  std::vector<uint32_t> sites;
  for (const uint32_t mode : modes) {
    const PoolId pool = instance.operations[op].modes[mode].demands.front().pool;
    sites.push_back(instance.pools[pool.value()].site);
  }
  std::sort(sites.begin(), sites.end());
  sites.erase(std::unique(sites.begin(), sites.end()), sites.end());
  return sites;
}

Nanos least_transfer(const Instance& instance, const Precedence& edge,
                     const std::vector<std::vector<uint32_t>>& modes) {
  if (instance.links.empty()) return Nanos(0);
  const uint32_t before = edge.before.value(), after = edge.after.value();
  Nanos least = Nanos::max();
  for (const uint32_t from : sites_of(instance, before, modes[before]))
    for (const uint32_t to : sites_of(instance, after, modes[after]))
      least = std::min(least, transfer_time(instance, from, to, edge.bytes));
  return least == Nanos::max() ? Nanos(0) : least;   // no mode: reported already
}

}  // namespace

ModeFinder::ModeFinder(const Instance& instance)
    : instance_(instance), pool_of_(instance.lane_names.size(), UINT32_MAX),
      place_(instance.lane_names.size(), 0) {
  for (uint32_t p = 0; p < instance.pools.size(); ++p)
    for (uint32_t i = 0; i < instance.pools[p].lanes.size(); ++i) {
      pool_of_[instance.pools[p].lanes[i].value()] = p;
      place_[instance.pools[p].lanes[i].value()] = i;
    }
}

// Pools share no lane, so counting per pool decides.
ModeFinder::Fit ModeFinder::fit(const Mode& mode, const std::vector<LaneId>& lanes) const {
  size_t demanded = 0;
  bool aligned = true;
  for (const Demand& demand : mode.demands) {
    std::vector<uint32_t> places;
    for (const LaneId lane : lanes) {
      if (lane.value() >= pool_of_.size()) return Fit::kNo;
      if (pool_of_[lane.value()] == demand.pool.value()) places.push_back(place_[lane.value()]);
    }
    const auto count = static_cast<uint32_t>(demand.count);
    if (places.size() != count) return Fit::kNo;
    demanded += count;
    if (!instance_.pools[demand.pool.value()].aligned) continue;
    std::sort(places.begin(), places.end());
    for (uint32_t i = 0; i < count; ++i)
      aligned &= places[0] % count == 0 && places[i] == places[0] + i;
  }
  if (demanded != lanes.size()) return Fit::kNo;
  return aligned ? Fit::kLanes : Fit::kCountsOnly;
}

std::vector<uint32_t> ModeFinder::modes_of(const PlanOp& op, const Operation& expected,
                                           std::string& fault) const {
  std::vector<uint32_t> found;
  bool counts_fit = false, lanes_fit = false, variant_fits = false;
  std::string durations;
  for (uint32_t m = 0; m < expected.modes.size(); ++m) {
    const Mode& mode = expected.modes[m];
    const Fit how = fit(mode, op.lanes);
    counts_fit |= how != Fit::kNo;
    if (how != Fit::kLanes) continue;
    lanes_fit = true;
    if (mode.variant != op.variant) continue;
    variant_fits = true;
    if (mode.duration == op.duration)
      found.push_back(m);
    else
      durations += ' ' + format_time(mode.duration);
  }
  if (!found.empty()) return found;
  fault = !counts_fit    ? "these lanes are none of its modes"
          : !lanes_fit   ? "these lanes are no aligned block of their pool"
          : variant_fits ? "planned to take " + format_time(op.duration) +
                               ", its modes on these lanes take" + durations
                         : "variant '" + op.variant + "' is none of its modes on these lanes";
  return found;
}

void check_mode_groups(const Plan& plan, const Instance& instance,
                       const std::vector<std::vector<uint32_t>>& modes, Report& report) {
  for (const std::vector<OpId>& group : instance.mode_groups) {
    std::vector<uint32_t> common;
    const PlanOp* first = nullptr;
    for (const OpId op : group) {
      if (op.value() >= modes.size() || modes[op.value()].empty()) continue;
      const std::vector<uint32_t>& own = modes[op.value()];
      std::vector<uint32_t> shared;
      if (first)
        std::set_intersection(common.begin(), common.end(), own.begin(), own.end(),
                              std::back_inserter(shared));
      else
        shared = own;
      if (shared.empty()) {
        report.add(text_of(plan, plan.operations[op.value()]) + ": has another mode than " +
                   text_of(plan, *first) + ", which shares its mode group");
        continue;
      }
      common = std::move(shared);
      if (!first) first = &plan.operations[op.value()];
    }
  }
}

void check_precedences(const Plan& plan, const Instance& instance,
                       const std::vector<std::vector<uint32_t>>& modes, Report& report) {
  for (const Precedence& edge : instance.precedences) {
    if (std::max(edge.before.value(), edge.after.value()) >= modes.size()) continue;
    const PlanOp& before = plan.operations[edge.before.value()];
    const PlanOp& after = plan.operations[edge.after.value()];
    const Nanos transfer = least_transfer(instance, edge, modes);
    if (after.start >= saturating_add(end_of(before), saturating_add(edge.delay, transfer)))
      continue;
    std::string what = text_of(plan, after) + ": starts before " + text_of(plan, before) +
                       " has ended";
    if (edge.delay > Nanos(0)) what += " and " + format_time(edge.delay) + " have passed";
    if (transfer > Nanos(0))
      what += " and its " + std::to_string(edge.bytes) + " bytes have come in " +
              format_time(transfer);
    report.add(what);
  }
}

}  // namespace takt
