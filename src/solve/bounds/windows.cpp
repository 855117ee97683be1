#include "solve/bounds/windows.h"

#include <algorithm>

namespace takt {
namespace {

constexpr int kPasses = 8;     // both ways; nearly all fixed points are reached in three

}  // namespace

Windows::Windows(const Problem& problem)
    : problem_(&problem),
      earliest_(problem.size()),
      latest_(problem.size(), kNoEnd),
      least_duration_(problem.size()),
      usable_(problem.mode_slots(), 1) {
  for (uint32_t op = 0; op < problem.size(); ++op) {
    earliest_[op] = problem.head(op);
    least_duration_[op] = problem.least_duration(op);
    for (uint32_t m = 0; m < problem.modes(op).size(); ++m)
      if (!problem.may_use(op, m)) usable_[problem.mode_slot(op) + m] = 0;
    if (problem.commitment(op) != nullptr) latest_[op] = earliest_[op] + least_duration_[op];
  }
}

void Windows::fit(uint32_t op) {
  ++changes_;
  if (earliest_[op] + least_duration_[op] > latest_[op]) contradiction_ = true;
}

void Windows::start_after(uint32_t op, Nanos time) {
  if (time <= earliest_[op] || contradiction_) return;
  earliest_[op] = time;
  fit(op);
}

void Windows::end_before(uint32_t op, Nanos time) {
  // An end derived from none is none: filters take any other for time that lanes can offer.
  if (time >= std::min(latest_[op], kNoEnd / 2) || contradiction_) return;
  latest_[op] = time;
  fit(op);
}

void Windows::drop_mode(uint32_t op, uint32_t mode) {
  const auto drop = [&](uint32_t each) {
    char& usable = usable_[problem_->mode_slot(each) + mode];
    if (usable == 0) return;
    usable = 0;
    Nanos least = Nanos::max();
    for (uint32_t m = 0; m < problem_->modes(each).size(); ++m)
      if (this->usable(each, m)) least = std::min(least, problem_->modes(each)[m].duration);
    if (least == Nanos::max()) {
      contradiction_ = true;
      return;
    }
    least_duration_[each] = least;
    fit(each);
  };
  if (contradiction_) return;
  drop(op);
  for (const OpId other : problem_->group(op))
    if (!contradiction_) drop(other.value());
}

void Windows::all_end_before(Nanos time) {
  for (uint32_t op = 0; op < problem_->size(); ++op) end_before(op, time - problem_->tail(op));
}

// When everything that `op` waits for can have reached `site`.
Nanos Windows::arrival(uint32_t op, uint32_t site) const {
  Nanos ready = earliest_[op];
  for (const Arc& arc : problem_->preds(op)) {
    Nanos first = Nanos::max();
    const auto modes = problem_->modes(arc.op);
    if (arc.bytes == 0 && !problem_->has_links()) {
      first = least_duration_[arc.op];
    } else {
      for (uint32_t m = 0; m < modes.size(); ++m)
        if (usable(arc.op, m))
          first = std::min(first, modes[m].duration +
                                      problem_->transfer(modes[m].site, site, arc.bytes));
    }
    ready = std::max(ready, earliest_[arc.op] + first + arc.delay);
  }
  return ready;
}

// When `op` must have ended at `site` for everything after it to be in time.
Nanos Windows::departure(uint32_t op, uint32_t site) const {
  Nanos due = latest_[op];
  for (const Arc& arc : problem_->succs(op)) {
    Nanos rest = Nanos::max();
    const auto modes = problem_->modes(arc.op);
    if (arc.bytes == 0 && !problem_->has_links()) {
      rest = least_duration_[arc.op];
    } else {
      for (uint32_t m = 0; m < modes.size(); ++m)
        if (usable(arc.op, m))
          rest = std::min(rest, modes[m].duration +
                                    problem_->transfer(site, modes[m].site, arc.bytes));
    }
    due = std::min(due, latest_[arc.op] - rest - arc.delay);
  }
  return due;
}

void Windows::forward(uint32_t op) {
  if (problem_->commitment(op) != nullptr) return;   // kept as it is, whatever precedes it
  const auto modes = problem_->modes(op);
  if (!problem_->has_links()) {
    start_after(op, arrival(op, 0));
    for (uint32_t m = 0; m < modes.size() && !contradiction_; ++m)
      if (usable(op, m) && earliest_[op] + modes[m].duration > latest_[op]) drop_mode(op, m);
    return;
  }
  Nanos first = Nanos::max();
  for (uint32_t m = 0; m < modes.size() && !contradiction_; ++m) {
    if (!usable(op, m)) continue;
    const Nanos ready = arrival(op, modes[m].site);
    if (ready + modes[m].duration > latest_[op]) drop_mode(op, m);
    else first = std::min(first, ready);
  }
  if (!contradiction_) start_after(op, first);
}

void Windows::backward(uint32_t op) {
  const auto modes = problem_->modes(op);
  if (!problem_->has_links()) {
    end_before(op, departure(op, 0));
    for (uint32_t m = 0; m < modes.size() && !contradiction_; ++m)
      if (usable(op, m) && earliest_[op] + modes[m].duration > latest_[op]) drop_mode(op, m);
    return;
  }
  Nanos last = Nanos::min();
  for (uint32_t m = 0; m < modes.size() && !contradiction_; ++m) {
    if (!usable(op, m)) continue;
    const Nanos due = departure(op, modes[m].site);
    if (earliest_[op] + modes[m].duration > due) drop_mode(op, m);
    else last = std::max(last, due);
  }
  if (!contradiction_) end_before(op, last);
}

bool Windows::propagate() {
  const auto order = problem_->topological();
  for (int pass = 0; pass < kPasses && !contradiction_; ++pass) {
    const uint64_t before = changes_;
    for (size_t i = 0; i < order.size() && !contradiction_; ++i) forward(order[i]);
    for (size_t i = order.size(); i-- > 0 && !contradiction_;) backward(order[i]);
    if (changes_ == before) break;
  }
  return !contradiction_;
}

}  // namespace takt
