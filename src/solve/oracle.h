// Oracle for tests: every value vector that matters of a tiny instance, by trying everything.
// Shares no code with the solver: its own placement, its own objective.
//
// Operations are appended in order of (start, index), each at its earliest start. That is
// enough for every level but control jitter: take any schedule's order, modes and lanes, and
// start everything as early as they allow; nothing ends later. For control jitter, whose
// optimum may idle, `idle_until` asks for every integer start by which operations end by then.
// Lanes: of lanes that are alike and idle it makes no difference which one is taken, so the
// one choice is those that are free first; `each_lane` tries all, as aligned pools,
// commitments, outages and the level active lanes need.
#pragma once

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "base/nanos.h"
#include "model/instance.h"
#include "model/objective.h"

namespace takt {

class Oracle {
 public:
  using Values = std::array<int64_t, kLevelCount>;   // by Level

  struct Scope {
    bool each_lane = false;
    Nanos idle_until;                // 0: none starts later than it must
  };
  // All that the instance's features and these levels need. `latest` is when the last operation
  // may end at most, if control jitter is among them.
  static Scope scope_of(const Instance& instance, const std::vector<Level>& levels,
                        Nanos latest) {
    Scope scope;
    scope.each_lane = !instance.commitments.empty() || !instance.outages.empty();
    for (const Pool& pool : instance.pools) scope.each_lane |= pool.aligned;
    for (const Level level : levels) {
      scope.each_lane |= level == Level::kActiveLanes;
      if (level == Level::kControlJitter) scope.idle_until = std::min(latest, instance.horizon);
    }
    return scope;
  }

  explicit Oracle(const Instance& instance) : Oracle(instance, scope_of(instance, {}, Nanos(0))) {}
  Oracle(const Instance& instance, Scope scope) : instance_(instance), scope_(scope) {
    const size_t n = instance.operations.size();
    start_.assign(n, kUnplaced);
    end_ = start_;
    mode_.assign(n, 0);
    lanes_.resize(n);
    lane_end_.assign(instance.lane_names.size(), Nanos(0));
    taken_.resize(instance.lane_names.size());
    commit();
    extend(instance.commitments.size(), Nanos(0), 0);
  }

  bool feasible() const { return !values_.empty(); }
  // The least value of a level alone. REQUIRES: feasible()
  int64_t least(Level level) const {
    int64_t least = INT64_MAX;
    for (const Values& values : values_) least = std::min(least, at(values, level));
    return least;
  }
  // The least values, level by level, where each level gives way by its tolerance to the next.
  std::vector<int64_t> lexicographic(const Objective& objective) const {
    std::vector<Values> left(values_.begin(), values_.end());
    std::vector<int64_t> best;
    for (const LevelSpec& spec : objective) {
      int64_t least = INT64_MAX;
      for (const Values& values : left) least = std::min(least, at(values, spec.level));
      std::erase_if(left, [&](const Values& values) {
        return at(values, spec.level) > spec.allowed(least);
      });
      best.push_back(least);
    }
    return best;
  }

 private:
  static constexpr Nanos kUnplaced = Nanos::min();   // an end
  struct Span {
    Nanos start, end;
  };

  static int64_t at(const Values& values, Level level) {
    return values[static_cast<size_t>(level)];
  }

  void commit() {
    for (const Commitment& done : instance_.commitments) {
      const uint32_t op = done.op.value();
      mode_[op] = done.mode;
      start_[op] = done.start;
      end_[op] = done.start + instance_.operations[op].modes[done.mode].duration;
      for (const LaneId lane : done.lanes) {
        lanes_[op].push_back(lane.value());
        taken_[lane.value()].push_back({start_[op], end_[op]});
      }
    }
    for (const Outage& outage : instance_.outages)
      taken_[outage.lane.value()].push_back({outage.start, outage.end});
  }

  uint32_t site(uint32_t op, size_t mode) const {
    const Demand& first = instance_.operations[op].modes[mode].demands.front();
    return instance_.pools[first.pool.value()].site;
  }

  // False: a predecessor is not placed yet.
  bool ready_at(uint32_t op, size_t mode, Nanos& ready) const {
    ready = std::max(instance_.jobs[instance_.operations[op].job.value()].release,
                     instance_.not_before);
    for (const Precedence& edge : instance_.precedences) {
      if (edge.after.value() != op) continue;
      const uint32_t before = edge.before.value();
      if (end_[before] == kUnplaced) return false;
      Nanos gap = edge.delay;
      for (const SiteLink& link : instance_.links)
        if (link.from == site(before, mode_[before]) && link.to == site(op, mode))
          gap += link.latency + Nanos((edge.bytes * 1000 + link.bytes_per_us - 1) /
                                      link.bytes_per_us);
      ready = std::max(ready, end_[before] + gap);
    }
    return true;
  }

  bool mode_allowed(uint32_t op, size_t mode) const {
    for (const std::vector<OpId>& group : instance_.mode_groups) {
      if (std::find(group.begin(), group.end(), OpId(op)) == group.end()) continue;
      for (const OpId other : group)
        if (end_[other.value()] != kUnplaced && mode_[other.value()] != mode) return false;
    }
    return true;
  }

  void extend(size_t placed, Nanos from, uint32_t from_op) {
    if (placed == instance_.operations.size()) return judge();
    for (uint32_t op = 0; op < instance_.operations.size(); ++op) {
      if (end_[op] != kUnplaced) continue;
      for (size_t mode = 0; mode < instance_.operations[op].modes.size(); ++mode) {
        Nanos ready;
        if (!mode_allowed(op, mode) || !ready_at(op, mode, ready)) continue;
        // Of equal starts the lower index comes first.
        const Nanos least = std::max(ready, placed > 0 && op < from_op ? from + Nanos(1) : from);
        mode_[op] = static_cast<uint32_t>(mode);
        choose_lanes(op, 0, {}, [&] { place(op, placed, least); });
      }
    }
  }

  // Calls `then` with lanes_[op] set to each choice for the demands from `demand` on.
  template <class Then>
  void choose_lanes(uint32_t op, size_t demand, const std::vector<uint32_t>& chosen,
                    const Then& then) {
    const Mode& mode = instance_.operations[op].modes[mode_[op]];
    if (demand == mode.demands.size()) {
      lanes_[op] = chosen;
      return then();
    }
    for (const std::vector<uint32_t>& lanes : choices(mode.demands[demand])) {
      std::vector<uint32_t> more = chosen;
      more.insert(more.end(), lanes.begin(), lanes.end());
      choose_lanes(op, demand + 1, more, then);
    }
  }

  std::vector<std::vector<uint32_t>> choices(const Demand& demand) const {
    const Pool& pool = instance_.pools[demand.pool.value()];
    const auto count = static_cast<size_t>(demand.count);
    std::vector<uint32_t> all;
    for (const LaneId lane : pool.lanes) all.push_back(lane.value());
    std::vector<std::vector<uint32_t>> found;
    if (pool.aligned) {
      for (size_t first = 0; first + count <= all.size(); first += count)
        found.emplace_back(all.begin() + static_cast<ptrdiff_t>(first),
                           all.begin() + static_cast<ptrdiff_t>(first + count));
      return found;
    }
    if (!scope_.each_lane) {
      std::stable_sort(all.begin(), all.end(),
                       [&](uint32_t a, uint32_t b) { return lane_end_[a] < lane_end_[b]; });
      all.resize(count);
      return {all};
    }
    for (uint32_t subset = 0; subset < (1u << all.size()); ++subset) {
      std::vector<uint32_t> lanes;
      for (size_t i = 0; i < all.size(); ++i)
        if (subset >> i & 1) lanes.push_back(all[i]);
      if (lanes.size() == count) found.push_back(lanes);
    }
    return found;
  }

  void place(uint32_t op, size_t placed, Nanos least) {
    const Nanos duration = instance_.operations[op].modes[mode_[op]].duration;
    const std::vector<uint32_t> lanes = lanes_[op];
    for (const uint32_t lane : lanes) least = std::max(least, lane_end_[lane]);
    const std::vector<Nanos> saved = lane_end_;
    bool earliest = true;
    for (Nanos start = least; start + duration <= instance_.horizon; start += Nanos(1)) {
      if (overlaps_taken(lanes, start, start + duration)) continue;
      if (!earliest && start + duration > scope_.idle_until) break;
      earliest = false;
      start_[op] = start;
      end_[op] = start + duration;
      for (const uint32_t lane : lanes) lane_end_[lane] = end_[op];
      lanes_[op] = lanes;
      extend(placed + 1, start, op);
      end_[op] = kUnplaced;
      lane_end_ = saved;
      if (scope_.idle_until == Nanos(0)) break;
    }
  }

  bool overlaps_taken(const std::vector<uint32_t>& lanes, Nanos start, Nanos end) const {
    for (const uint32_t lane : lanes)
      for (const Span& span : taken_[lane])
        if (span.start < end && start < span.end) return true;
    return false;
  }

  void judge() {
    Values values{};
    const auto value = [&](Level level) -> int64_t& {
      return values[static_cast<size_t>(level)];
    };
    std::set<uint32_t> active;
    for (uint32_t op = 0; op < instance_.operations.size(); ++op) {
      value(Level::kMakespan) = std::max(value(Level::kMakespan), end_[op].ns);
      const Mode& mode = instance_.operations[op].modes[mode_[op]];
      for (const Demand& demand : mode.demands)
        value(Level::kBusy) += mode.duration.ns * demand.count;
      active.insert(lanes_[op].begin(), lanes_[op].end());
    }
    value(Level::kActiveLanes) = static_cast<int64_t>(active.size());
    std::vector<int64_t> done;
    for (const Job& job : instance_.jobs) {
      done.push_back(job.release.ns);
      for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op)
        if (instance_.operations[op].kind == Operation::Kind::kGraphOp)
          done.back() = std::max(done.back(), end_[op].ns);
      const InstanceTask& task = instance_.tasks[job.task.value()];
      if (job.deadline == Nanos::max() || done.back() <= job.deadline.ns) continue;
      const int64_t late = (done.back() - job.deadline.ns) * task.weight;
      if (task.criticality == Criticality::kHard) {
        ++value(Level::kHardMisses);
        value(Level::kHardTardiness) += late;
      }
      if (task.criticality == Criticality::kFirm) ++value(Level::kFirmMisses);
      if (task.criticality == Criticality::kSoft) value(Level::kSoftTardiness) += late;
    }
    value(Level::kChainLatency) = chain_latency(done);
    value(Level::kControlJitter) = control_jitter(done);
    values_.insert(values);
  }

  int64_t chain_latency(const std::vector<int64_t>& done) const {
    int64_t worst = 0;
    for (const InstanceChain& chain : instance_.chains)
      for (const ChainRun& run : chain.runs) {
        const int64_t took = done[run.last.value()] -
                             instance_.jobs[run.first.value()].release.ns;
        const int64_t whole = chain.deadline.ns;
        if (took > 0) worst = std::max(worst, took * 1'000'000 / whole +
                                                  (took * 1'000'000 % whole != 0));
      }
    return worst;
  }

  int64_t control_jitter(const std::vector<int64_t>& done) const {
    int64_t sum = 0;
    for (uint32_t t = 0; t < instance_.tasks.size(); ++t) {
      if (instance_.tasks[t].jitter_max == Nanos::max()) continue;
      int64_t spread = 0;
      for (size_t a = 0; a < done.size(); ++a)
        for (size_t b = 0; b < done.size(); ++b)
          if (instance_.jobs[a].task.value() == t && instance_.jobs[b].task.value() == t)
            spread = std::max(spread, (done[a] - instance_.jobs[a].release.ns) -
                                          (done[b] - instance_.jobs[b].release.ns));
      sum += std::max<int64_t>(0, spread - instance_.tasks[t].jitter_max.ns);
    }
    return sum;
  }

  const Instance& instance_;
  const Scope scope_;
  std::vector<Nanos> start_, end_;               // by op; kUnplaced: not yet
  std::vector<uint32_t> mode_;
  std::vector<std::vector<uint32_t>> lanes_;
  std::vector<Nanos> lane_end_;                  // of what was appended
  std::vector<std::vector<Span>> taken_;         // by lane: commitments and outages
  std::set<Values> values_;
};

}  // namespace takt
