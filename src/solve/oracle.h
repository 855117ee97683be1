// Oracle for tests: the best value of every objective level by trying everything. Shares
// no code with the search: its own placement, its own objective.
//
// Operations are appended in order of start: for a regular objective some order and
// choice of modes gives an optimal schedule, and which of the idle lanes of a pool an
// operation takes makes no difference to what comes after.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "base/nanos.h"
#include "model/instance.h"

namespace takt {

using LevelValues = std::array<int64_t, 4>;   // hard, firm, soft tardiness, makespan

class Oracle {
 public:
  explicit Oracle(const Instance& instance) : instance_(instance) {
    start_.assign(instance.operations.size(), Nanos(-1));
    end_ = start_;
    lane_end_.assign(instance.lane_names.size(), Nanos(0));
    lexicographic_.fill(INT64_MAX);
    each_.fill(INT64_MAX);
    extend(0, Nanos(0));
  }

  const LevelValues& lexicographic() const { return lexicographic_; }
  const LevelValues& each() const { return each_; }   // least value of each level alone

 private:
  bool ready_at(uint32_t op, Nanos& ready) const {
    ready = instance_.jobs[instance_.operations[op].job.value()].release;
    for (const Precedence& edge : instance_.precedences) {
      if (edge.after.value() != op) continue;
      if (end_[edge.before.value()] < Nanos(0)) return false;
      ready = std::max(ready, end_[edge.before.value()] + edge.delay);
    }
    return true;
  }

  void extend(size_t placed, Nanos from) {
    if (placed == instance_.operations.size()) return judge();
    for (uint32_t op = 0; op < instance_.operations.size(); ++op) {
      Nanos ready;
      if (end_[op] >= Nanos(0) || !ready_at(op, ready)) continue;
      for (const Mode& mode : instance_.operations[op].modes) {
        const std::vector<Nanos> saved = lane_end_;
        Nanos start = std::max(from, ready);
        for (const Demand& demand : mode.demands) start = std::max(start, free_at(demand));
        for (const Demand& demand : mode.demands) take(demand, start, start + mode.duration);
        start_[op] = start;
        end_[op] = start + mode.duration;
        extend(placed + 1, start);
        end_[op] = Nanos(-1);
        lane_end_ = saved;
      }
    }
  }

  Nanos free_at(const Demand& demand) const {
    std::vector<Nanos> ends;
    for (const LaneId lane : instance_.pools[demand.pool.value()].lanes)
      ends.push_back(lane_end_[lane.value()]);
    std::sort(ends.begin(), ends.end());
    return ends[static_cast<size_t>(demand.count) - 1];
  }

  void take(const Demand& demand, Nanos start, Nanos end) {
    int left = demand.count;
    for (const LaneId lane : instance_.pools[demand.pool.value()].lanes)
      if (left > 0 && lane_end_[lane.value()] <= start) {
        lane_end_[lane.value()] = end;
        --left;
      }
  }

  void judge() {
    LevelValues values{0, 0, 0, 0};
    for (const Job& job : instance_.jobs) {
      Nanos done(0);
      for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op) {
        values[3] = std::max(values[3], end_[op].ns);
        if (instance_.operations[op].kind == Operation::Kind::kGraphOp)
          done = std::max(done, end_[op]);
      }
      if (job.deadline == Nanos::max() || done <= job.deadline) continue;
      const Criticality criticality = instance_.tasks[job.task.value()].criticality;
      if (criticality == Criticality::kHard) ++values[0];
      if (criticality == Criticality::kFirm) ++values[1];
      if (criticality == Criticality::kSoft) values[2] += (done - job.deadline).ns;
    }
    lexicographic_ = std::min(lexicographic_, values);
    for (size_t i = 0; i < values.size(); ++i) each_[i] = std::min(each_[i], values[i]);
  }

  const Instance& instance_;
  std::vector<Nanos> start_, end_, lane_end_;
  LevelValues lexicographic_, each_;
};

}  // namespace takt
