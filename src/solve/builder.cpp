#include "solve/builder.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace takt {

Builder::Builder(const Problem& problem, Nanos handoff)
    : problem_(problem), links_(problem.has_links()), ready_(problem, handoff) {
  missing_.resize(problem.size());
  group_mode_.resize(problem.instance().mode_groups.size());
  heap_.reserve(problem.size());
  for (uint32_t op = 0; op < problem.size(); ++op) {
    int fewest = problem.modes(op).front().lanes;
    for (const FlatMode& mode : problem.modes(op)) fewest = std::min(fewest, mode.lanes);
    fewest_lanes_.push_back(fewest);
  }
}

void Builder::build(const Guide& guide, Schedule& out) {
  out.resize(problem_);
  complete(guide, {}, out);
}

void Builder::complete(const Guide& guide, std::span<const char> keep, Schedule& schedule) {
  DCHECK(guide.key.size() == problem_.size() && guide.choice.size() == problem_.size());
  begin(guide, keep, schedule);
  const auto later = std::greater<>();
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const uint32_t op = heap_.back().second;
    heap_.pop_back();
    const uint32_t group = problem_.group_of(op);
    int rule = guide.choice[op];
    if (group != Problem::kNoGroup && group_mode_[group] >= 0) rule = group_mode_[group];
    place(op, best_spot(op, rule, schedule), schedule);
    if (group != Problem::kNoGroup) group_mode_[group] = static_cast<int>(schedule.mode[op]);
    for (const Arc& arc : problem_.succs(op))
      if (--missing_[arc.op] == 0) push(guide, arc.op);
  }
}

void Builder::push(const Guide& guide, uint32_t op) {
  heap_.emplace_back(guide.key[op], op);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

// Occupies what is decided, and finds the operations that can be placed first.
void Builder::begin(const Guide& guide, std::span<const char> keep, Schedule& out) {
  timeline_.reset(problem_.lane_count());
  for (uint32_t lane = 0; lane < problem_.lane_count(); ++lane)
    for (const Interval& closed : problem_.closed(lane))
      timeline_.occupy(lane, closed.start, closed.end);
  std::fill(group_mode_.begin(), group_mode_.end(), -1);
  heap_.clear();
  for (uint32_t op = 0; op < problem_.size(); ++op)
    missing_[op] = static_cast<uint32_t>(problem_.preds(op).size());
  constexpr uint32_t kDecided = ~0u;
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    const Commitment* done = problem_.commitment(op);
    if (!done && (keep.empty() || !keep[op])) continue;
    if (done) {
      out.start[op] = done->start;
      out.mode[op] = done->mode;
      uint32_t* lane = out.lanes.data() + problem_.lane_slot(op);
      for (const LaneId id : done->lanes) *lane++ = id.value();
    } else {
      for (const uint32_t lane : out.lanes_of(problem_, op))
        timeline_.occupy(lane, out.start[op], out.end(problem_, op));
    }
    missing_[op] = kDecided;
    const uint32_t group = problem_.group_of(op);
    if (group != Problem::kNoGroup) group_mode_[group] = static_cast<int>(out.mode[op]);
    for (const Arc& arc : problem_.succs(op))
      if (missing_[arc.op] != kDecided) --missing_[arc.op];
  }
  for (uint32_t op = 0; op < problem_.size(); ++op)
    if (missing_[op] == 0) push(guide, op);
}

void Builder::look_at(uint32_t op, uint32_t site, const Schedule& schedule) {
  ready_.look_at(op, site, Nanos(0), schedule, [](uint32_t) { return true; });
}

Nanos Builder::fit(uint32_t lane, Nanos start, Nanos duration) const {
  return timeline_.earliest(lane, std::max(start, ready_.on(lane)), duration);
}

// The earliest start of a whole block of lanes, of any block.
Nanos Builder::block_start(const Pool& pool, size_t count, Nanos start, Nanos duration) const {
  Nanos best = Nanos::max();
  for (size_t first = 0; first + count <= pool.lanes.size(); first += count) {
    Nanos at = start;
    for (size_t agreed = 0, i = 0; agreed < count && at < best; i = (i + 1) % count) {
      const Nanos next = fit(pool.lanes[first + i].value(), at, duration);
      agreed = next == at ? agreed + 1 : 1;
      at = next;
    }
    best = std::min(best, at);
    if (best == start) break;
  }
  return best;
}

// A lower bound on the earliest start at which `count` lanes of the pool are idle together,
// and that start itself when it is `start`.
Nanos Builder::pool_start(const Pool& pool, size_t count, Nanos start, Nanos duration) {
  if (pool.aligned && count > 1) return block_start(pool, count, start, duration);
  if (count == 1) {
    Nanos best = Nanos::max();
    for (const LaneId lane : pool.lanes) {
      best = std::min(best, fit(lane.value(), start, duration));
      if (best == start) break;
    }
    return best;
  }
  fits_.clear();
  for (const LaneId lane : pool.lanes) fits_.push_back(fit(lane.value(), start, duration));
  const auto nth = fits_.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(fits_.begin(), nth, fits_.end());
  return *nth;
}

// The earliest start at which every demand of `mode` finds its lanes idle.
Nanos Builder::common_start(const FlatMode& mode, Nanos ready) {
  for (Nanos start = ready;;) {
    Nanos next = start;
    for (const Demand& demand : mode.demands)
      next = std::max(next, pool_start(problem_.instance().pools[demand.pool.value()],
                                       static_cast<size_t>(demand.count), start, mode.duration));
    if (next == start) return start;
    start = next;
  }
}

bool Builder::allowed(uint32_t op, int rule, const FlatMode& mode) const {
  if (rule == choice::kNarrow) return mode.lanes == fewest_lanes_[op];
  if (rule == choice::kFastest) return mode.duration == problem_.least_duration(op);
  return true;
}

Builder::Spot Builder::best_spot(uint32_t op, int rule, const Schedule& schedule) {
  const auto modes = problem_.modes(op);
  const auto fixed = static_cast<uint32_t>(std::max(rule, 0));
  look_at(op, modes[fixed].site, schedule);
  if (rule >= 0)
    return {Nanos(0), common_start(modes[fixed], ready_.anywhere()), fixed, Nanos(0)};
  const int64_t weight = rule == choice::kThrifty ? 1 : rule == choice::kFrugal ? 2 : 0;
  const int64_t lanes = std::max<int64_t>(problem_.lane_count(), 1);
  Spot best{Nanos::max(), Nanos::max(), 0, Nanos::max()};
  uint32_t site = modes.front().site;
  for (uint32_t m = 0; m < modes.size(); ++m) {
    const FlatMode& mode = modes[m];
    if (!allowed(op, rule, mode)) continue;
    if (links_ && mode.site != site) look_at(op, site = mode.site, schedule);
    const Nanos extra = (mode.area() - problem_.least_area(op)) * weight / (2 * lanes);
    if (ready_.anywhere() + mode.duration + extra > best.cost) continue;
    const Nanos start = common_start(mode, ready_.anywhere());
    const Nanos cost = start + mode.duration + extra;
    if (cost < best.cost || (cost == best.cost && mode.area() < best.area))
      best = {cost, start, m, mode.area()};
  }
  return best;
}

// Takes the lanes whose idle time before `start` is shortest: long gaps stay whole.
void Builder::pick_lanes(const Demand& demand, Nanos start, Nanos duration, uint32_t*& out) {
  const Pool& pool = problem_.instance().pools[demand.pool.value()];
  const auto count = static_cast<size_t>(demand.count);
  const auto open = [&](LaneId lane) { return fit(lane.value(), start, duration) == start; };
  free_.clear();
  if (pool.aligned && count > 1) {
    for (size_t first = 0; first + count <= pool.lanes.size(); first += count) {
      const auto block = std::span(pool.lanes).subspan(first, count);
      if (!std::all_of(block.begin(), block.end(), open)) continue;
      Nanos idle(0);
      for (const LaneId lane : block) idle += start - timeline_.idle_since(lane.value(), start);
      free_.emplace_back(idle, static_cast<uint32_t>(first));
    }
    DCHECK(!free_.empty());
    const size_t first = std::min_element(free_.begin(), free_.end())->second;
    for (size_t i = 0; i < count; ++i) *out++ = pool.lanes[first + i].value();
    return;
  }
  for (const LaneId lane : pool.lanes)
    if (open(lane))
      free_.emplace_back(-timeline_.idle_since(lane.value(), start), lane.value());
  DCHECK(free_.size() >= count);
  std::partial_sort(free_.begin(), free_.begin() + demand.count, free_.end());
  for (size_t i = 0; i < count; ++i) *out++ = free_[i].second;
}

void Builder::place(uint32_t op, const Spot& spot, Schedule& out) {
  const FlatMode& mode = problem_.modes(op)[spot.mode];
  if (links_) look_at(op, mode.site, out);
  out.start[op] = spot.start;
  out.mode[op] = spot.mode;
  uint32_t* const first = out.lanes.data() + problem_.lane_slot(op);
  uint32_t* last = first;
  for (const Demand& demand : mode.demands)
    pick_lanes(demand, spot.start, mode.duration, last);
  std::sort(first, last);
  for (const uint32_t* lane = first; lane != last; ++lane)
    timeline_.occupy(*lane, spot.start, spot.start + mode.duration);
}

}  // namespace takt
