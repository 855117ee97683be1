#include "solve/builder.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace takt {

Builder::Builder(const Problem& problem, Nanos handoff) : problem_(problem), handoff_(handoff) {
  lane_ready_.resize(problem.lane_count());
  missing_.resize(problem.size());
}

void Builder::build(const Guide& guide, Schedule& out) {
  DCHECK(guide.key.size() == problem_.size() && guide.choice.size() == problem_.size());
  out.resize(problem_);
  timeline_.reset(problem_.lane_count());
  heap_.clear();
  const auto later = std::greater<>();
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    missing_[op] = static_cast<uint32_t>(problem_.preds(op).size());
    if (missing_[op] == 0) heap_.emplace_back(guide.key[op], op);
  }
  std::make_heap(heap_.begin(), heap_.end(), later);
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const uint32_t op = heap_.back().second;
    heap_.pop_back();
    compute_ready(op, out);
    place(op, best_spot(op, guide.choice[op]), out);
    for (const Arc& arc : problem_.succs(op)) {
      if (--missing_[arc.op] > 0) continue;
      heap_.emplace_back(guide.key[arc.op], arc.op);
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
  }
}

void Builder::compute_ready(uint32_t op, const Schedule& schedule) {
  ready_ = problem_.release(op);
  for (const Arc& arc : problem_.preds(op))
    ready_ = std::max(ready_, schedule.end(problem_, arc.op) + arc.delay);
  std::fill(lane_ready_.begin(), lane_ready_.end(), ready_);
  if (handoff_ == Nanos(0)) return;
  for (const Arc& arc : problem_.preds(op)) {
    const Nanos told = schedule.end(problem_, arc.op) + arc.delay + handoff_;
    if (told <= ready_) continue;
    const auto own = schedule.lanes_of(problem_, arc.op);
    for (uint32_t lane = 0; lane < lane_ready_.size(); ++lane)
      if (std::find(own.begin(), own.end(), lane) == own.end())
        lane_ready_[lane] = std::max(lane_ready_[lane], told);
  }
}

// The earliest start at which every demand of `mode` finds its lanes idle. Each round
// moves the start to the latest of the count-th earliest fits, a lower bound on it.
Nanos Builder::common_start(const FlatMode& mode) {
  Nanos start = ready_;
  for (;;) {
    Nanos next = start;
    for (const Demand& demand : mode.demands) {
      fits_.clear();
      for (const LaneId lane : problem_.instance().pools[demand.pool.value()].lanes)
        fits_.push_back(timeline_.earliest(
            lane.value(), std::max(start, lane_ready_[lane.value()]), mode.duration));
      const auto nth = fits_.begin() + (demand.count - 1);
      std::nth_element(fits_.begin(), nth, fits_.end());
      next = std::max(next, *nth);
    }
    if (next == start) return start;
    start = next;
  }
}

bool Builder::allowed(uint32_t op, int rule, const FlatMode& mode, int narrowest) const {
  if (rule == choice::kNarrow) return mode.lanes == narrowest;
  if (rule == choice::kFastest) return mode.duration == problem_.least_duration(op);
  return true;
}

Builder::Spot Builder::best_spot(uint32_t op, int rule) {
  const auto modes = problem_.modes(op);
  if (rule >= 0) {
    const FlatMode& mode = modes[static_cast<size_t>(rule)];
    return {Nanos(0), common_start(mode), static_cast<uint32_t>(rule), mode.area()};
  }
  int narrowest = modes.front().lanes;
  for (const FlatMode& mode : modes) narrowest = std::min(narrowest, mode.lanes);
  const int64_t weight = rule == choice::kThrifty ? 1 : rule == choice::kFrugal ? 2 : 0;
  const int64_t lanes = std::max<int64_t>(problem_.lane_count(), 1);
  Spot best{Nanos::max(), Nanos::max(), 0, Nanos::max()};
  for (uint32_t m = 0; m < modes.size(); ++m) {
    const FlatMode& mode = modes[m];
    if (!allowed(op, rule, mode, narrowest)) continue;
    const Nanos extra = (mode.area() - problem_.least_area(op)) * weight / (2 * lanes);
    if (ready_ + mode.duration + extra > best.cost) continue;
    const Nanos start = common_start(mode);
    const Nanos cost = start + mode.duration + extra;
    if (cost < best.cost || (cost == best.cost && mode.area() < best.area))
      best = {cost, start, m, mode.area()};
  }
  return best;
}

// Takes the lanes whose idle time before `start` is shortest: long gaps stay whole.
void Builder::pick_lanes(const Demand& demand, Nanos start, Nanos duration, uint32_t*& out) {
  free_.clear();
  for (const LaneId lane : problem_.instance().pools[demand.pool.value()].lanes) {
    const uint32_t l = lane.value();
    if (lane_ready_[l] <= start && timeline_.earliest(l, start, duration) == start)
      free_.emplace_back(-timeline_.idle_since(l, start), l);
  }
  DCHECK(free_.size() >= static_cast<size_t>(demand.count));
  std::partial_sort(free_.begin(), free_.begin() + demand.count, free_.end());
  for (int i = 0; i < demand.count; ++i) *out++ = free_[static_cast<size_t>(i)].second;
}

void Builder::place(uint32_t op, const Spot& spot, Schedule& out) {
  const FlatMode& mode = problem_.modes(op)[spot.mode];
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
