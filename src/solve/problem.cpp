#include "solve/problem.h"

#include <algorithm>

#include "base/check.h"

namespace takt {

Problem::Problem(const Instance& instance) : instance_(&instance) {
  for (const Operation& operation : instance.operations) {
    job_.push_back(operation.job.value());
    submit_.push_back(operation.kind == Operation::Kind::kSubmit);
    release_.push_back(
        std::max(instance.jobs[operation.job.value()].release, instance.not_before));
  }
  lay_out_modes();
  lay_out_arcs();
  lay_out_decisions();
  lay_out_closed();
  lay_out_links();
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
      FlatMode flat{mode.duration, 0, 0, mode.demands};
      if (!mode.demands.empty())
        flat.site = instance_->pools[mode.demands.front().pool.value()].site;
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
    preds_[next_pred[edge.after.value()]++] = {edge.before.value(), edge.delay, edge.bytes};
    succs_[next_succ[edge.before.value()]++] = {edge.after.value(), edge.delay, edge.bytes};
  }
}

void Problem::lay_out_decisions() {
  completes_.assign(size(), 1);
  for (uint32_t op = 0; op < size(); ++op) {
    if (is_submit(op)) completes_[op] = 0;
    for (const Arc& arc : succs(op))
      if (job_[arc.op] == job_[op] && !is_submit(arc.op)) completes_[op] = 0;
  }
  if (!instance_->commitments.empty()) {
    commitment_.assign(size(), nullptr);
    for (const Commitment& done : instance_->commitments) {
      commitment_[done.op.value()] = &done;
      release_[done.op.value()] = done.start;
    }
  }
  if (instance_->mode_groups.empty()) return;
  group_.assign(size(), kNoGroup);
  for (uint32_t g = 0; g < instance_->mode_groups.size(); ++g)
    for (const OpId op : instance_->mode_groups[g]) group_[op.value()] = g;
}

void Problem::lay_out_closed() {
  std::vector<std::pair<uint32_t, Interval>> all;
  for (const Outage& outage : instance_->outages)
    if (outage.start < outage.end)
      all.push_back({outage.lane.value(), {outage.start, outage.end}});
  for (const Commitment& done : instance_->commitments) {
    const Nanos end = done.start + modes(done.op.value())[done.mode].duration;
    for (const LaneId lane : done.lanes) all.push_back({lane.value(), {done.start, end}});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second.start < b.second.start;
  });
  closed_begin_.assign(lane_count() + 1, 0);
  size_t next = 0;
  for (uint32_t lane = 0; lane < lane_count(); ++lane) {
    for (; next < all.size() && all[next].first == lane; ++next) {
      const Interval& more = all[next].second;
      if (closed_.size() > closed_begin_[lane] && more.start <= closed_.back().end)
        closed_.back().end = std::max(closed_.back().end, more.end);
      else
        closed_.push_back(more);
    }
    closed_begin_[lane + 1] = static_cast<uint32_t>(closed_.size());
  }
}

void Problem::lay_out_links() {
  if (instance_->links.empty()) return;
  for (const Pool& pool : instance_->pools) sites_ = std::max(sites_, pool.site + 1);
  for (const SiteLink& link : instance_->links)
    sites_ = std::max({sites_, link.from + 1, link.to + 1});
  links_.resize(size_t{sites_} * sites_);
  for (const SiteLink& link : instance_->links)
    links_[link.from * sites_ + link.to] = {link.latency, link.bytes_per_us};
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
