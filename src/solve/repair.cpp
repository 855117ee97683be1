#include "solve/repair.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace takt {

Repair::Repair(MovablePlan& plan, const std::vector<int64_t>& rank)
    : plan_(plan),
      problem_(plan.problem()),
      rank_(rank),
      ready_(plan.problem(), plan.handoff()),
      search_(plan.problem()) {
  missing_.assign(problem_.size(), 0);
  key_.resize(problem_.size());
  lanes_.resize(problem_.lane_count());
}

int64_t Repair::key_of(uint32_t op, const RepairPolicy& policy, Rng& rng) const {
  switch (policy.order) {
    case RepairOrder::kByStart:
      return plan_.old_start(op).ns + rng.between(0, std::max<int64_t>(policy.noise.ns, 0));
    case RepairOrder::kByRank: return rank_[op];
    case RepairOrder::kRandom: break;
  }
  return static_cast<int64_t>(rng.next() >> 1);
}

bool Repair::run(std::span<uint32_t> ops, std::span<const Floor> floors,
                 const RepairPolicy& policy, Rng& rng) {
  banned_ = policy.banned;
  plan_.take_out(ops);
  for (const auto& [op, floor] : floors) plan_.set_floor(op, floor);
  if (plan_.too_far()) return false;
  heap_.clear();
  for (const uint32_t op : ops) {
    key_[op] = key_of(op, policy, rng);
    missing_[op] = 0;
    for (const Arc& arc : problem_.preds(op)) missing_[op] += plan_.is_out(arc.op);
    if (missing_[op] == 0) heap_.emplace_back(key_[op], op);
  }
  const auto later = std::greater<>();
  std::make_heap(heap_.begin(), heap_.end(), later);
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const uint32_t op = heap_.back().second;
    heap_.pop_back();
    if (!place(op, policy, rng)) return false;
    for (const Arc& arc : problem_.succs(op))
      if (plan_.is_out(arc.op) && --missing_[arc.op] == 0) {
        heap_.emplace_back(key_[arc.op], arc.op);
        std::push_heap(heap_.begin(), heap_.end(), later);
      }
  }
  plan_.settle();
  return true;
}

Nanos Repair::fit(uint32_t lane, Nanos at, Nanos duration, const Spot& spot) const {
  if (!banned_.empty() && banned_[lane]) return Nanos::max();
  at = std::max(at, ready_.on(lane));
  return spot.pushes ? plan_.start_before(lane, spot.cut, at, duration)
                     : plan_.gap_on(lane, at, duration, spot.start);
}

// Whether there are enough lanes that are not banned.
bool Repair::usable(const FlatMode& mode) const {
  if (banned_.empty()) return true;
  for (const Demand& demand : mode.demands) {
    const Pool& pool = problem_.instance().pools[demand.pool.value()];
    const auto count = static_cast<size_t>(demand.count);
    if (pool.aligned && count > 1) {
      bool any = false;
      for (size_t first = 0; first + count <= pool.lanes.size() && !any; first += count)
        any = std::none_of(pool.lanes.begin() + static_cast<std::ptrdiff_t>(first),
                           pool.lanes.begin() + static_cast<std::ptrdiff_t>(first + count),
                           [&](LaneId lane) { return banned_[lane.value()]; });
      if (!any) return false;
    } else if (static_cast<size_t>(std::count_if(
                   pool.lanes.begin(), pool.lanes.end(),
                   [&](LaneId lane) { return !banned_[lane.value()]; })) < count) {
      return false;
    }
  }
  return true;
}

// Without pushing: the first gap at most `limit`; with: before what starts at `cut`.
void Repair::consider(uint32_t op, uint32_t m, Nanos limit, bool pushes, Nanos cut,
                      int64_t weight, Spot& best) {
  const FlatMode& mode = problem_.modes(op)[m];
  const int64_t lanes = std::max<int64_t>(problem_.lane_count(), 1);
  const Nanos extra = (mode.area() - problem_.least_area(op)) * weight / (2 * lanes);
  const Nanos ready = ready_.anywhere();
  if (best.cost != Nanos::max() && ready + mode.duration + extra > best.cost) return;
  Spot spot;
  spot.mode = m;
  spot.area = mode.area();
  spot.cut = cut;
  spot.pushes = pushes;
  spot.start = limit;                       // the bound of the search
  const Nanos bound = pushes ? MovablePlan::kFar * 2 : limit;
  const Nanos start = search_.common_start(mode, ready, bound, [&](uint32_t lane, Nanos at) {
    return fit(lane, at, mode.duration, spot);
  });
  if (start == Nanos::max()) return;
  spot.start = start;
  if (!pushes) spot.cut = start;
  spot.cost = start + mode.duration + extra;
  if (spot.cost < best.cost || (spot.cost == best.cost && spot.area < best.area)) best = spot;
}

Repair::Spot Repair::choose(uint32_t op, const RepairPolicy& policy, Rng& rng) {
  const auto modes = problem_.modes(op);
  RepairModes rule = policy.modes;
  uint32_t only = plan_.mode(op);
  if (const uint32_t group = problem_.group_of(op); group != Problem::kNoGroup) {
    rule = RepairModes::kKeep;
    if (group == policy.group) only = policy.group_mode;
  } else if (rule == RepairModes::kRandom || rng.unit() < policy.random_modes) {
    rule = RepairModes::kKeep;
    only = static_cast<uint32_t>(rng.below(modes.size()));
  }
  if (rule == RepairModes::kKeep && !usable(modes[only])) {
    if (problem_.group_of(op) != Problem::kNoGroup) return {};
    rule = RepairModes::kEarliest;
  }
  int fewest = modes[only].lanes;
  for (const FlatMode& mode : modes)
    if (usable(mode)) fewest = std::min(fewest, mode.lanes);
  const Nanos limit = plan_.cut_limit(op);
  bool pushes = policy.push > 0 && rng.unit() < policy.push;
  const double when = rng.unit();
  Spot best;
  for (int attempt = 0; attempt < 2 && best.cost == Nanos::max(); ++attempt) {
    uint32_t site = ~0u;
    for (uint32_t m = 0; m < modes.size(); ++m) {
      if (rule == RepairModes::kKeep ? m != only : !usable(modes[m])) continue;
      if (rule == RepairModes::kNarrow && modes[m].lanes != fewest) continue;
      if (modes[m].site != site)
        ready_.look_at(op, site = modes[m].site, plan_.floor(op), plan_.schedule());
      // Eager half of the time, else anywhere up to where it was.
      const Nanos ready = std::min(ready_.anywhere(), limit);
      const Nanos last = std::min(limit, std::max(plan_.old_start(op), ready));
      const Nanos cut = attempt > 0 ? limit
                        : when < 0.5
                            ? ready
                            : ready + Nanos(static_cast<int64_t>(
                                          (2 * when - 1) * static_cast<double>((last - ready).ns)));
      consider(op, m, limit, pushes, cut, rule == RepairModes::kThrifty ? 1 : 0, best);
    }
    pushes = true;                     // no gap before its successors: they give way
  }
  return best;
}

bool Repair::place(uint32_t op, const RepairPolicy& policy, Rng& rng) {
  const Spot spot = choose(op, policy, rng);
  if (spot.cost == Nanos::max()) return false;
  const FlatMode& mode = problem_.modes(op)[spot.mode];
  ready_.look_at(op, mode.site, plan_.floor(op), plan_.schedule());
  search_.pick(
      mode, spot.start,
      [&](uint32_t lane, Nanos at) { return fit(lane, at, mode.duration, spot); },
      [&](uint32_t lane) { return spot.start - plan_.idle_since(lane, spot.cut); },
      lanes_.data());
  plan_.put(op, spot.mode, std::span(lanes_).first(static_cast<size_t>(mode.lanes)), spot.cut);
  return !plan_.too_far();
}

}  // namespace takt
