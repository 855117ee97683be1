#include "solve/problem.h"

#include <algorithm>

#include "base/check.h"

namespace takt {

Problem::Problem(const Instance& instance) : instance_(&instance) {
  for (const Operation& operation : instance.operations) {
    job_.push_back(operation.job.value());
    submit_.push_back(operation.kind == Operation::Kind::kSubmit);
    release_.push_back(instance.jobs[operation.job.value()].release);
  }
  lay_out_modes();
  lay_out_arcs();
  order();
  measure();
}

void Problem::lay_out_modes() {
  mode_begin_.push_back(0);
  lane_slot_.push_back(0);
  for (const Operation& operation : instance_->operations) {
    CHECK_MSG(!operation.modes.empty(), "an operation has no mode");
    int most_lanes = 0;
    for (const Mode& mode : operation.modes) {
      FlatMode flat{mode.duration, 0, mode.demands};
      for (const Demand& demand : mode.demands) {
        CHECK(static_cast<size_t>(demand.count) <=
              instance_->pools[demand.pool.value()].lanes.size());
        flat.lanes += demand.count;
      }
      most_lanes = std::max(most_lanes, flat.lanes);
      modes_.push_back(flat);
    }
    mode_begin_.push_back(static_cast<uint32_t>(modes_.size()));
    lane_slot_.push_back(lane_slot_.back() + static_cast<uint32_t>(most_lanes));
  }
}

void Problem::lay_out_arcs() {
  const uint32_t n = size();
  pred_begin_.assign(n + 1, 0);
  succ_begin_.assign(n + 1, 0);
  for (const Precedence& edge : instance_->precedences) {
    ++pred_begin_[edge.after.value() + 1];
    ++succ_begin_[edge.before.value() + 1];
  }
  for (uint32_t i = 0; i < n; ++i) {
    pred_begin_[i + 1] += pred_begin_[i];
    succ_begin_[i + 1] += succ_begin_[i];
  }
  preds_.resize(instance_->precedences.size());
  succs_.resize(instance_->precedences.size());
  std::vector<uint32_t> next_pred(pred_begin_.begin(), pred_begin_.end() - 1);
  std::vector<uint32_t> next_succ(succ_begin_.begin(), succ_begin_.end() - 1);
  for (const Precedence& edge : instance_->precedences) {
    preds_[next_pred[edge.after.value()]++] = {edge.before.value(), edge.delay};
    succs_[next_succ[edge.before.value()]++] = {edge.after.value(), edge.delay};
  }
}

void Problem::order() {
  std::vector<uint32_t> missing(size());
  for (uint32_t op = 0; op < size(); ++op) {
    missing[op] = static_cast<uint32_t>(preds(op).size());
    if (missing[op] == 0) topological_.push_back(op);
  }
  for (size_t done = 0; done < topological_.size(); ++done)
    for (const Arc& arc : succs(topological_[done]))
      if (--missing[arc.op] == 0) topological_.push_back(arc.op);
  CHECK_MSG(topological_.size() == size(), "precedences have a cycle");
}

void Problem::measure() {
  const uint32_t n = size();
  least_duration_.assign(n, Nanos::max());
  least_area_.assign(n, Nanos::max());
  for (uint32_t op = 0; op < n; ++op)
    for (const FlatMode& mode : modes(op)) {
      least_duration_[op] = std::min(least_duration_[op], mode.duration);
      least_area_[op] = std::min(least_area_[op], mode.area());
    }
  head_ = release_;
  tail_.assign(n, Nanos(0));
  for (const uint32_t op : topological_)
    for (const Arc& arc : succs(op))
      head_[arc.op] = std::max(head_[arc.op], head_[op] + least_duration_[op] + arc.delay);
  for (size_t i = n; i-- > 0;) {
    const uint32_t op = topological_[i];
    for (const Arc& arc : succs(op))
      tail_[op] = std::max(tail_[op], arc.delay + least_duration_[arc.op] + tail_[arc.op]);
  }
}

}  // namespace takt
