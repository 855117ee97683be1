// The part of CpModel about lanes: constraints per pool, and dealing out lanes that are alike.
#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "solve/exact/cp_model.h"

namespace takt::exact {
namespace {

// Sorts and joins what overlaps: committed operations may overlap an outage.
void join(std::vector<std::pair<Nanos, Nanos>>& busy) {
  std::sort(busy.begin(), busy.end());
  size_t kept = 0;
  for (const auto& span : busy) {
    if (kept > 0 && span.first <= busy[kept - 1].second)
      busy[kept - 1].second = std::max(busy[kept - 1].second, span.second);
    else
      busy[kept++] = span;
  }
  busy.resize(kept);
}

}  // namespace

void CpModel::find_busy_lanes() {
  busy_.resize(problem_.lane_count());
  for (const Outage& outage : instance_.outages)
    if (outage.start < outage.end)
      busy_[outage.lane.value()].push_back({outage.start, outage.end});
  for (const Commitment& done : instance_.commitments) {
    const Nanos end = done.start + problem_.modes(done.op.value())[done.mode].duration;
    for (const LaneId lane : done.lanes) busy_[lane.value()].push_back({done.start, end});
  }
  for (auto& busy : busy_) join(busy);
}

// Lanes are alike if none is taken after an operation that chooses among them may have
// started: then whoever starts finds as many free lanes as the cumulative constraint counts.
bool CpModel::lanes_differ(uint32_t pool) const {
  if (instance_.pools[pool].lanes.size() == 1) return false;
  Nanos first_start = Nanos::max();
  bool wide = false;
  for (uint32_t op = 0; op < problem_.size(); ++op)
    for (const FlatMode& mode : problem_.modes(op))
      for (const Demand& demand : mode.demands)
        if (demand.pool.value() == pool && !committed(op)) {
          first_start = std::min(first_start, earliest_[op]);
          wide |= demand.count > 1;
        }
  if (instance_.pools[pool].aligned && wide) return true;
  for (const LaneId lane : instance_.pools[pool].lanes)
    for (const auto& [start, end] : busy_[lane.value()])
      if (start > first_start || active_lanes_matter_) return true;
  return false;
}

void CpModel::add_pools() {
  find_busy_lanes();
  active_of_lane_.assign(problem_.lane_count(), -1);
  if (active_lanes_matter_)
    for (const Commitment& done : instance_.commitments)
      for (const LaneId lane : done.lanes) activate(lane.value(), always());
  for (uint32_t pool = 0; pool < instance_.pools.size(); ++pool) {
    lanes_differ_.push_back(lanes_differ(pool));
    if (lanes_differ_.back()) add_lanes(pool);
    add_alike_pool(pool);
  }
}

// Counts only; of a pool whose lanes differ this is implied, and propagates well.
void CpModel::add_alike_pool(uint32_t pool) {
  std::vector<int> intervals;
  std::vector<int64_t> demands;
  const Pool& it = instance_.pools[pool];
  const bool single = it.lanes.size() == 1;
  for (uint32_t op = 0; op < problem_.size(); ++op)
    for (size_t m = 0; m < ops_[op].modes.size(); ++m)
      for (const Demand& demand : problem_.modes(op)[m].demands) {
        if (demand.pool.value() != pool || ops_[op].intervals[m] < 0) continue;
        intervals.push_back(ops_[op].intervals[m]);
        demands.push_back(demand.count);
        if (active_lanes_matter_ && single) activate(it.lanes[0].value(), ops_[op].modes[m]);
      }
  if (intervals.empty()) return;
  for (const LaneId lane : it.lanes)
    for (const auto& [start, end] : busy_[lane.value()]) {
      intervals.push_back(
          writer_.interval({-1, start.ns}, {-1, (end - start).ns}, {-1, end.ns}));
      demands.push_back(1);
    }
  if (single) return writer_.no_overlap(intervals);
  CpAffine capacity{-1, static_cast<int64_t>(it.lanes.size())};
  if (active_lanes_matter_ && !lanes_differ_[pool]) {
    capacity = {writer_.variable(0, capacity.offset)};
    active_.push_back(capacity);     // lanes dealt out lowest first: no more than run at once
  }
  writer_.cumulative(capacity, intervals, demands);
}

void CpModel::add_lanes(uint32_t pool) {
  const size_t first = choices_.size();
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    if (committed(op)) continue;
    if (instance_.pools[pool].aligned)
      choose_blocks(pool, op);
    else
      choose_lanes(pool, op);
  }
  const std::vector<LaneChoice> choices(choices_.begin() + static_cast<ptrdiff_t>(first),
                                        choices_.end());
  for (const LaneId lane : instance_.pools[pool].lanes) no_overlap_on(lane.value(), choices);
}

// As many lanes as the chosen mode counts.
void CpModel::choose_lanes(uint32_t pool, uint32_t op) {
  for (size_t m = 0; m < ops_[op].modes.size(); ++m)
    for (const Demand& demand : problem_.modes(op)[m].demands) {
      if (demand.pool.value() != pool || ops_[op].modes[m] == negated(always())) continue;
      CpSum balance;
      balance.add({ops_[op].modes[m]}, -demand.count);
      for (const LaneId lane : instance_.pools[pool].lanes) {
        choices_.push_back({op, m, writer_.literal(), {lane.value()}});
        balance.add({choices_.back().literal});
      }
      writer_.linear(balance, 0, 0);
    }
}

// One block of lanes, of each width that a mode asks for.
void CpModel::choose_blocks(uint32_t pool, uint32_t op) {
  const std::vector<LaneId>& lanes = instance_.pools[pool].lanes;
  for (size_t m = 0; m < ops_[op].modes.size(); ++m)
    for (const Demand& demand : problem_.modes(op)[m].demands) {
      if (demand.pool.value() != pool || ops_[op].modes[m] == negated(always())) continue;
      std::vector<CpLiteral> one_of;
      if (ops_[op].modes[m] != always()) one_of.push_back(negated(ops_[op].modes[m]));
      const auto width = static_cast<size_t>(demand.count);
      for (size_t first = 0; first + width <= lanes.size(); first += width) {
        LaneChoice block{op, m, writer_.literal(), {}};
        for (size_t i = 0; i < width; ++i) block.lanes.push_back(lanes[first + i].value());
        one_of.push_back(block.literal);
        choices_.push_back(block);
      }
      writer_.exactly_one(one_of);
    }
}

void CpModel::no_overlap_on(uint32_t lane, const std::vector<LaneChoice>& choices) {
  std::vector<int> intervals;
  for (const LaneChoice& choice : choices) {
    if (std::find(choice.lanes.begin(), choice.lanes.end(), lane) == choice.lanes.end()) continue;
    intervals.push_back(mode_interval(choice.op, choice.mode, choice.literal));
    if (active_lanes_matter_) activate(lane, choice.literal);
  }
  for (const auto& [start, end] : busy_[lane])
    intervals.push_back(writer_.interval({-1, start.ns}, {-1, (end - start).ns}, {-1, end.ns}));
  writer_.no_overlap(intervals);
}

// The lane counts as active if the literal holds.
void CpModel::activate(uint32_t lane, CpLiteral literal) {
  if (active_of_lane_[lane] < 0) {
    active_of_lane_[lane] = static_cast<int>(active_.size());
    active_.push_back({writer_.literal()});
  }
  const CpVar active = active_[static_cast<size_t>(active_of_lane_[lane])].var;
  writer_.any_of(std::vector<CpLiteral>{negated(literal), active});
}

std::vector<uint32_t> CpModel::free_lanes(uint32_t pool, int count, Nanos start,
                                          const std::vector<Nanos>& busy_until) const {
  std::vector<uint32_t> lanes;
  for (const LaneId lane : instance_.pools[pool].lanes)
    if (static_cast<int>(lanes.size()) < count && busy_until[lane.value()] <= start)
      lanes.push_back(lane.value());
  CHECK_MSG(static_cast<int>(lanes.size()) == count, "CP-SAT: more lanes in use than there are");
  return lanes;
}

void CpModel::deal_lanes(Schedule& schedule, std::span<const int64_t> solution) const {
  std::vector<Nanos> busy_until(problem_.lane_count(), Nanos::min());
  for (size_t lane = 0; lane < busy_.size(); ++lane)
    if (!busy_[lane].empty()) busy_until[lane] = busy_[lane].back().second;
  std::vector<std::vector<uint32_t>> chosen(problem_.size());
  for (const LaneChoice& choice : choices_)
    if (solution[static_cast<size_t>(choice.literal)] != 0)
      chosen[choice.op].insert(chosen[choice.op].end(), choice.lanes.begin(), choice.lanes.end());
  std::vector<uint32_t> order(problem_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return schedule.start[a] < schedule.start[b];
  });
  for (const uint32_t op : order) {
    std::vector<uint32_t>& lanes = chosen[op];
    if (committed(op)) {
      for (const LaneId lane : commitment_[op]->lanes) lanes.push_back(lane.value());
    } else {
      for (const Demand& demand : schedule.mode_of(problem_, op).demands) {
        const uint32_t pool = demand.pool.value();
        if (lanes_differ_[pool]) continue;
        const bool single = instance_.pools[pool].lanes.size() == 1;
        for (const uint32_t lane : single ? std::vector{instance_.pools[pool].lanes[0].value()}
                                          : free_lanes(pool, demand.count, schedule.start[op],
                                                       busy_until)) {
          lanes.push_back(lane);
          busy_until[lane] = schedule.end(problem_, op);
        }
      }
    }
    std::sort(lanes.begin(), lanes.end());
    std::copy(lanes.begin(), lanes.end(), schedule.lanes.begin() + problem_.lane_slot(op));
  }
}

}  // namespace takt::exact
