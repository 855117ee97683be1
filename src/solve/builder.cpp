#include "solve/builder.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace takt {

Builder::Builder(const Problem& problem, Nanos handoff)
    : problem_(problem), links_(problem.has_links()), ready_(problem, handoff), search_(problem) {
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
    const bool decided = group != Problem::kNoGroup && group_mode_[group] >= 0;
    Spot spot = best_spot(op, decided ? group_mode_[group] : guide.choice[op], schedule);
    // Lanes that are gone for good: any other mode.
    if (spot.start >= Problem::kForever && !decided)
      spot = best_spot(op, choice::kEarliest, schedule);
    place(op, spot, schedule);
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
  ready_.look_at(op, site, Nanos(0), schedule);
}

Nanos Builder::common_start(const FlatMode& mode) {
  return search_.common_start(mode, ready_.anywhere(), Nanos::max(),
                              [&](uint32_t lane, Nanos at) {
                                return timeline_.earliest(lane, std::max(at, ready_.on(lane)),
                                                          mode.duration);
                              });
}

bool Builder::allowed(uint32_t op, int rule, const FlatMode& mode) const {
  if (rule == choice::kNarrow) return mode.lanes == fewest_lanes_[op];
  if (rule == choice::kFastest) return mode.duration == problem_.least_duration(op);
  if (rule > choice::at_width(1)) return true;
  const int width = std::max(choice::at_width(0) - rule, fewest_lanes_[op]);
  if (mode.lanes > width) return false;
  for (const FlatMode& other : problem_.modes(op))
    if (other.lanes > mode.lanes && other.lanes <= width) return false;
  return true;
}

Builder::Spot Builder::best_spot(uint32_t op, int rule, const Schedule& schedule) {
  const auto modes = problem_.modes(op);
  const auto fixed = static_cast<uint32_t>(std::max(rule, 0));
  look_at(op, modes[fixed].site, schedule);
  if (rule >= 0)
    return {Nanos(0), common_start(modes[fixed]), fixed, Nanos(0)};
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
    const Nanos start = common_start(mode);
    const Nanos cost = start + mode.duration + extra;
    if (cost < best.cost || (cost == best.cost && mode.area() < best.area))
      best = {cost, start, m, mode.area()};
  }
  return best;
}

void Builder::place(uint32_t op, const Spot& spot, Schedule& out) {
  const FlatMode& mode = problem_.modes(op)[spot.mode];
  if (links_) look_at(op, mode.site, out);
  out.start[op] = spot.start;
  out.mode[op] = spot.mode;
  search_.pick(
      mode, spot.start,
      [&](uint32_t lane, Nanos at) {
        return timeline_.earliest(lane, std::max(at, ready_.on(lane)), mode.duration);
      },
      [&](uint32_t lane) { return spot.start - timeline_.idle_since(lane, spot.start); },
      out.lanes.data() + problem_.lane_slot(op));
  for (const uint32_t lane : out.lanes_of(problem_, op))
    timeline_.occupy(lane, spot.start, spot.start + mode.duration);
}

}  // namespace takt
