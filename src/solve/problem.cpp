#include "solve/problem.h"

#include <algorithm>

#include "base/check.h"
#include "base/int128.h"

namespace takt {
Problem::Problem(const Instance& instance) : instance_(&instance) {
  for (const Operation& operation : instance.operations) {
    job_.push_back(operation.job.value());
    submit_.push_back(operation.kind == Operation::Kind::kSubmit);
    release_.push_back(instance.jobs[operation.job.value()].release);
  }
  lay_out_modes();
  lay_out_arcs();
  lay_out_links();
  fix();
  find_completing();
  lay_out_closed();
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
      FlatMode flat{mode.duration, 0,
                    instance_->pools[mode.demands.front().pool.value()].site, mode.demands};
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

void Problem::lay_out_links() {
  for (const Pool& pool : instance_->pools) sites_ = std::max(sites_, pool.site + 1);
  links_.assign(size_t{sites_} * sites_, nullptr);
  for (const SiteLink& link : instance_->links)
    if (link.from < sites_ && link.to < sites_)
      links_[size_t{link.from} * sites_ + link.to] = &link;
}

Nanos Problem::transfer(uint32_t from_site, uint32_t to_site, int64_t bytes) const {
  const SiteLink* link = links_[size_t{from_site} * sites_ + to_site];
  if (link == nullptr) return Nanos(0);
  if (bytes < INT64_MAX / 2000 - link->bytes_per_us)     // nearly always; faster
    return link->latency + Nanos((bytes * 1000 + link->bytes_per_us - 1) / link->bytes_per_us);
  const Int128 scaled = Int128{bytes} * 1000 + link->bytes_per_us - 1;
  return link->latency + Nanos(static_cast<int64_t>(scaled / link->bytes_per_us));
}

void Problem::fix() {
  commitment_.assign(size(), nullptr);
  group_.assign(size(), kNoGroup);
  fixed_mode_.assign(size(), kAnyMode);
  for (const Commitment& done : instance_->commitments) {
    commitment_[done.op.value()] = &done;
    fixed_mode_[done.op.value()] = done.mode;
  }
  for (uint32_t g = 0; g < instance_->mode_groups.size(); ++g) {
    uint32_t mode = kAnyMode;
    for (const OpId op : instance_->mode_groups[g]) {
      group_[op.value()] = g;
      if (commitment_[op.value()] != nullptr) mode = commitment_[op.value()]->mode;
    }
    for (const OpId op : instance_->mode_groups[g]) fixed_mode_[op.value()] = mode;
  }
}

std::span<const OpId> Problem::group(uint32_t op) const {
  if (group_[op] == kNoGroup) return {};
  return instance_->mode_groups[group_[op]];
}

void Problem::find_completing() {
  completes_.assign(size(), 1);
  for (uint32_t op = 0; op < size(); ++op) {
    if (is_submit(op)) completes_[op] = 0;
    for (const Arc& arc : succs(op))
      if (job_[arc.op] == job_[op] && !is_submit(arc.op)) completes_[op] = 0;
  }
}

void Problem::lay_out_closed() {
  std::vector<std::pair<uint32_t, Interval>> all;
  for (const Outage& outage : instance_->outages)
    if (outage.start < std::min(outage.end, kForever))
      all.push_back({outage.lane.value(), {outage.start, std::min(outage.end, kForever)}});
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

// Shortest time from the start of `before` to the start of `after`.
Nanos Problem::least_lag(uint32_t before, const Arc& to) const {
  if (!has_links()) return least_duration_[before] + to.delay;
  Nanos least = Nanos::max();
  for (uint32_t i = 0; i < modes(before).size(); ++i)
    for (uint32_t j = 0; j < modes(to.op).size(); ++j)
      if (may_use(before, i) && may_use(to.op, j))
        least = std::min(least, modes(before)[i].duration + transfer(modes(before)[i].site,
                                                                   modes(to.op)[j].site, to.bytes));
  return least + to.delay;
}

// Shortest time from the end of `before` to the end of `after`.
Nanos Problem::least_rest(uint32_t before, const Arc& to) const {
  if (!has_links()) return to.delay + least_duration_[to.op];
  Nanos least = Nanos::max();
  for (uint32_t i = 0; i < modes(before).size(); ++i)
    for (uint32_t j = 0; j < modes(to.op).size(); ++j)
      if (may_use(before, i) && may_use(to.op, j))
        least = std::min(least, modes(to.op)[j].duration + transfer(modes(before)[i].site,
                                                                   modes(to.op)[j].site, to.bytes));
  return least + to.delay;
}

void Problem::measure() {
  const uint32_t n = size();
  least_duration_.assign(n, Nanos::max());
  least_area_.assign(n, Nanos::max());
  for (uint32_t op = 0; op < n; ++op)
    for (uint32_t m = 0; m < modes(op).size(); ++m) {
      if (!may_use(op, m)) continue;
      least_duration_[op] = std::min(least_duration_[op], modes(op)[m].duration);
      least_area_[op] = std::min(least_area_[op], modes(op)[m].area());
    }
  head_.resize(n);
  for (uint32_t op = 0; op < n; ++op) head_[op] = std::max(release_[op], instance_->not_before);
  tail_.assign(n, Nanos(0));
  for (const uint32_t op : topological_) {
    if (commitment_[op] != nullptr) head_[op] = commitment_[op]->start;
    for (const Arc& arc : succs(op))
      head_[arc.op] = std::max(head_[arc.op], head_[op] + least_lag(op, arc));
  }
  for (size_t i = n; i-- > 0;) {
    const uint32_t op = topological_[i];
    for (const Arc& arc : succs(op))
      tail_[op] = std::max(tail_[op], least_rest(op, arc) + tail_[arc.op]);
  }
}

}  // namespace takt
