#include "solve/movable_plan.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/check.h"

namespace takt {

MovablePlan::MovablePlan(const Problem& problem, Nanos handoff)
    : problem_(problem), handoff_(handoff) {
  const uint32_t n = problem.size();
  schedule_.resize(problem);
  duration_.resize(n);
  floor_.resize(n);
  site_.resize(n);
  out_.resize(n);
  sequence_.resize(problem.lane_count());
  next_.resize(problem.lane_slots());
  prev_.resize(problem.lane_slots());
  old_lanes_.resize(problem.lane_slots());
  touched_at_.assign(n, 0);
  queued_at_.assign(n, 0);
  old_start_.resize(n);
  old_floor_.resize(n);
  old_mode_.resize(n);
  for (uint32_t lane = 0; lane < problem.lane_count(); ++lane)
    if (!problem.closed(lane).empty())
      closed_until_ = std::max(closed_until_, problem.closed(lane).back().end);
  for (uint32_t op = 0; op < n; ++op) {
    const Instance& instance = problem.instance();
    const InstanceTask& task = instance.tasks[instance.jobs[problem.job_of(op)].task.value()];
    keeps_floor_.push_back(problem.completes_job(op) && task.jitter_max != Nanos::max());
  }
}

void MovablePlan::load(const Schedule& schedule) {
  schedule_ = schedule;
  for (auto& lane : sequence_) lane.clear();
  std::vector<uint32_t> order(problem_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return schedule.start[a] < schedule.start[b]; });
  for (const uint32_t op : order) {
    set_mode(op, schedule.mode[op]);
    floor_[op] = Nanos(0);
    out_[op] = 0;
    if (problem_.commitment(op)) continue;
    for (const uint32_t lane : lanes(op)) {
      auto& sequence = sequence_[lane];
      const uint32_t slot = slot_of(op, lane);
      prev_[slot] = sequence.empty() ? kNone : sequence.back();
      next_[slot] = kNone;
      if (!sequence.empty()) next_[slot_of(sequence.back(), lane)] = op;
      sequence.push_back(op);
    }
    const Nanos least = earliest(op);
    DCHECK(least <= start(op));
    if (least < start(op) && keeps_floor_[op]) floor_[op] = start(op);
    else schedule_.start[op] = least;
  }
}

void MovablePlan::begin(size_t moves_max) {
  DCHECK(!too_far_);
  ++trial_;
  touched_.clear();
  taken_.clear();
  relaxed_.clear();
  moves_left_ = moves_max;
}

void MovablePlan::touch(uint32_t op) {
  if (touched_at_[op] == trial_) return;
  touched_at_[op] = trial_;
  touched_.push_back(op);
  old_start_[op] = start(op);
  old_floor_[op] = floor_[op];
  old_mode_[op] = mode(op);
  const auto now = lanes(op);
  std::copy(now.begin(), now.end(), old_lanes_.begin() + problem_.lane_slot(op));
}

void MovablePlan::set_mode(uint32_t op, uint32_t mode) {
  const FlatMode& flat = problem_.modes(op)[mode];
  schedule_.mode[op] = mode;
  duration_[op] = flat.duration;
  site_[op] = flat.site;
}

uint32_t MovablePlan::slot_of(uint32_t op, uint32_t lane) const {
  uint32_t slot = problem_.lane_slot(op);
  while (schedule_.lanes[slot] != lane) ++slot;
  return slot;
}

size_t MovablePlan::first_from(uint32_t lane, Nanos at) const {
  // Without branches to mispredict: half of the search's time went there.
  const uint32_t* first = sequence_[lane].data();
  size_t length = sequence_[lane].size();
  while (length > 0) {
    const size_t half = (length + 1) / 2;
    first += start(first[half - 1]) < at ? half : 0;
    length -= half;
  }
  return static_cast<size_t>(first - sequence_[lane].data());
}

// Into the sequences, before what starts at `cut` or later.
void MovablePlan::link(uint32_t op, Nanos cut) {
  for (const uint32_t lane : lanes(op)) {
    auto& sequence = sequence_[lane];
    const size_t at = first_from(lane, cut);
    const uint32_t slot = slot_of(op, lane);
    prev_[slot] = at == 0 ? kNone : sequence[at - 1];
    next_[slot] = at == sequence.size() ? kNone : sequence[at];
    if (at > 0) next_[slot_of(sequence[at - 1], lane)] = op;
    if (at < sequence.size()) prev_[slot_of(sequence[at], lane)] = op;
    sequence.insert(sequence.begin() + static_cast<std::ptrdiff_t>(at), op);
  }
}

void MovablePlan::unlink(uint32_t op) {
  for (const uint32_t lane : lanes(op)) {
    auto& sequence = sequence_[lane];
    auto at = sequence.begin() + static_cast<std::ptrdiff_t>(first_from(lane, start(op)));
    // After a push that went too far the sequence is in no order of starts.
    if (at == sequence.end() || *at != op) at = std::find(sequence.begin(), sequence.end(), op);
    sequence.erase(at);
    const uint32_t slot = slot_of(op, lane);
    if (prev_[slot] != kNone) next_[slot_of(prev_[slot], lane)] = next_[slot];
    if (next_[slot] != kNone) prev_[slot_of(next_[slot], lane)] = prev_[slot];
  }
}

void MovablePlan::take_out(std::span<uint32_t> ops) {
  std::sort(ops.begin(), ops.end(), [&](uint32_t a, uint32_t b) {
    return start(a) != start(b) ? start(a) < start(b) : a < b;
  });
  for (const uint32_t op : ops) {
    DCHECK(!out_[op] && !problem_.commitment(op));
    touch(op);
    const uint32_t slot = problem_.lane_slot(op);
    for (uint32_t i = 0; i < lanes(op).size(); ++i)
      if (next_[slot + i] != kNone) relaxed_.push_back(next_[slot + i]);
    unlink(op);
    taken_.push_back(op);
    out_[op] = 1;
  }
  for (size_t i = ops.size(); i-- > 0;) {
    const uint32_t op = ops[i];
    Nanos latest_end = kFar;
    for (const Arc& arc : problem_.succs(op))
      latest_end = std::min(latest_end,
                            start(arc.op) - problem_.lag(arc, site_[op], site_[arc.op]));
    schedule_.start[op] = std::max(start(op), latest_end - duration_[op]);
  }
}

void MovablePlan::put(uint32_t op, uint32_t mode, std::span<const uint32_t> lanes, Nanos cut) {
  if (too_far_) return;
  DCHECK(out_[op] && cut <= cut_limit(op));
  set_mode(op, mode);
  std::copy(lanes.begin(), lanes.end(), schedule_.lanes.begin() + problem_.lane_slot(op));
  out_[op] = 0;
  link(op, cut);
  schedule_.start[op] = earliest(op);
  ++queue_;
  enqueue_after(op, end(op));
  push();
}

void MovablePlan::set_floor(uint32_t op, Nanos floor) {
  if (too_far_) return;
  touch(op);
  floor_[op] = floor;
  relaxed_.push_back(op);
  if (out_[op] || floor <= start(op)) return;
  ++queue_;
  enqueue(op);
  push();
}

void MovablePlan::settle() {
  if (too_far_) return;
  ++queue_;
  for (const uint32_t op : relaxed_) enqueue(op);
  for (const uint32_t op : taken_) {
    enqueue(op);
    enqueue_after(op, kFar);
  }
  while (!heap_.empty()) {
    const uint32_t op = dequeue();
    DCHECK(!out_[op]);
    const Nanos least = earliest(op);
    DCHECK(least <= start(op));
    if (least == start(op)) continue;
    touch(op);
    const Nanos was = end(op);
    schedule_.start[op] = least;
    enqueue_after(op, closed_until_ > was ? kFar : was);
  }
  DCHECK(settled());
}

bool MovablePlan::settled() const {
  for (uint32_t op = 0; op < problem_.size(); ++op)
    if (out_[op] || earliest(op) != start(op)) return false;
  return true;
}

void MovablePlan::undo() {
  heap_.clear();
  too_far_ = false;
  for (const uint32_t op : taken_)
    if (!out_[op]) unlink(op);
  for (const uint32_t op : touched_) {
    schedule_.start[op] = old_start_[op];
    floor_[op] = old_floor_[op];
    set_mode(op, old_mode_[op]);
  }
  for (const uint32_t op : taken_) {
    out_[op] = 0;
    const auto old = old_lanes_.begin() + problem_.lane_slot(op);
    std::copy(old, old + static_cast<std::ptrdiff_t>(lanes(op).size()),
              schedule_.lanes.begin() + problem_.lane_slot(op));
    link(op, start(op));
  }
  touched_.clear();
  taken_.clear();
}

void MovablePlan::enqueue(uint32_t op) {
  if (queued_at_[op] == queue_ || problem_.commitment(op)) return;
  queued_at_[op] = queue_;
  heap_.emplace_back(start(op), op);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

uint32_t MovablePlan::dequeue() {
  std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
  const uint32_t op = heap_.back().second;
  heap_.pop_back();
  return op;
}

void MovablePlan::enqueue_after(uint32_t op, Nanos until) {
  const uint32_t slot = problem_.lane_slot(op);
  if (!out_[op])
    for (uint32_t i = 0; i < lanes(op).size(); ++i)
      if (next_[slot + i] != kNone && start(next_[slot + i]) <= until) enqueue(next_[slot + i]);
  for (const Arc& arc : problem_.succs(op))
    if (start(arc.op) <= until + problem_.lag(arc, site_[op], site_[arc.op]) + handoff_)
      enqueue(arc.op);
}

// Everything queued that starts too early now is moved right, in order of the old starts: what
// an operation depends on has its final start when its turn comes.
void MovablePlan::push() {
  while (!heap_.empty()) {
    const uint32_t op = dequeue();
    const Nanos least = earliest(op);
    if (least <= start(op)) continue;
    if (moves_left_-- == 0) {
      too_far_ = true;
      heap_.clear();
      return;
    }
    touch(op);
    schedule_.start[op] = least;
    enqueue_after(op, end(op));
  }
}

bool MovablePlan::lanes_within(uint32_t op, uint32_t other) const {
  const auto own = lanes(op), theirs = lanes(other);
  return std::includes(theirs.begin(), theirs.end(), own.begin(), own.end());
}

Nanos MovablePlan::earliest(uint32_t op) const {
  Nanos at = std::max(problem_.least_start(op), floor_[op]);
  if (problem_.commitment(op)) return start(op);
  for (const Arc& arc : problem_.preds(op)) {
    Nanos ready = told(arc, op);
    if (handoff_ > Nanos(0) && ready + handoff_ > at && !out_[op] && !out_[arc.op] &&
        !lanes_within(op, arc.op))
      ready += handoff_;
    at = std::max(at, ready);
  }
  if (out_[op]) return at;
  const auto own = lanes(op);
  const uint32_t slot = problem_.lane_slot(op);
  for (uint32_t i = 0; i < own.size(); ++i)
    if (prev_[slot + i] != kNone) at = std::max(at, end(prev_[slot + i]));
  for (Nanos before = Nanos::min(); before != at;) {
    before = at;
    for (const uint32_t lane : own) at = open(lane, at, duration_[op]);
  }
  return at;
}

Nanos MovablePlan::open(uint32_t lane, Nanos at, Nanos duration) const {
  const auto closed = problem_.closed(lane);
  if (closed.empty() || closed.back().end <= at) return at;
  auto next = std::partition_point(closed.begin(), closed.end(),
                                   [&](const Interval& span) { return span.end <= at; });
  for (; next != closed.end() && next->start - at < duration; ++next) at = next->end;
  return at;
}

Nanos MovablePlan::cut_limit(uint32_t op) const {
  Nanos limit = kFar;
  for (const Arc& arc : problem_.succs(op)) limit = std::min(limit, start(arc.op));
  return limit;
}

Nanos MovablePlan::gap_on(uint32_t lane, Nanos at, Nanos duration, Nanos bound) const {
  const auto& sequence = sequence_[lane];
  size_t i = first_from(lane, at);
  if (i > 0) at = std::max(at, end(sequence[i - 1]));
  for (;;) {
    at = open(lane, at, duration);
    if (at > bound) return Nanos::max();
    if (i == sequence.size() || start(sequence[i]) - at >= duration) return at;
    at = std::max(at, end(sequence[i++]));
  }
}

Nanos MovablePlan::start_before(uint32_t lane, Nanos cut, Nanos at, Nanos duration) const {
  return open(lane, std::max(at, idle_since(lane, cut)), duration);
}

Nanos MovablePlan::idle_since(uint32_t lane, Nanos at) const {
  const size_t i = first_from(lane, at);
  return i == 0 ? Nanos(0) : end(sequence_[lane][i - 1]);
}

}  // namespace takt
