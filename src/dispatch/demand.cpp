#include "dispatch/demand.h"

namespace takt {
namespace {

// The accelerator is the faster unit, or the only one. An unknown duration on the core is longer.
bool prefers_accelerator(const Candidate& c, Nanos core) {
  return has_accelerator(c) &&
         (!c.on_core || core <= Nanos(0) || c.accelerator_duration < core);
}

}  // namespace

void Demand::reserve() {
  reserved_ = true;
  for (const Candidate& c : candidates_) {
    const Nanos by = needed_by(c, now_);
    if (planned(c) && c.absolute) {
      // Once it is due it is taken as it comes: what it waits for may be waiting for a lane.
      const bool ahead = c.start > now_;
      if (c.bound && ahead) planned_here_.note(c.criticality, c.start);
      if (c.planned_unit == Unit::kAccelerator &&
          (ahead || (c.ready && latest_start(c) >= now_)))
        accelerator_starts_.note(c.criticality, c.start);
    }
    if (by == Nanos::max()) continue;
    if (!planned(c)) {
      anywhere_.note(c.criticality, by);
      if (prefers_accelerator(c, c.duration)) any_accelerator_.note(c.criticality, by);
    } else {
      if (c.bound) here_.note(c.criticality, by);
      if (c.planned_unit == Unit::kAccelerator && has_accelerator(c))
        planned_accelerator_.note(c.criticality, by);
    }
  }
}

bool Demand::released_may_start(const Candidate& c, Unit* unit, bool* held,
                                Decision* decision) {
  if (left_to_owner(c, decision) || left_to_steady(c, decision)) return false;
  if (!reserved_) reserve();
  if (!mode(c, unit, decision)) return false;
  const Nanos end = now_ + blocks_for(c, *unit);
  // Work of others and work without a plan may not push what is bound here and as critical.
  const bool own = planned(c) && c.bound;
  Nanos free_by = own ? here_.above(c.criticality) : here_.from(c.criticality);
  if (!c.planned && c.criticality >= Criticality::kSoft)
    free_by = std::min(free_by, planned_here_.of(c.criticality));
  const Nanos anywhere = anywhere_.above(c.criticality);
  if (anywhere < std::min(end, free_by) && lanes_run_short(c, end)) free_by = anywhere;
  *held = end > free_by;
  if (*held) wait_for(*decision, free_by);
  return !*held;
}

// True when the lanes that the plan or place() gives `c` to would end it no later than this one:
// they are idle (and have not lost their cpu), or free so soon; or they are at it already, ahead of
// the plan: the fewer lanes a job is on, the fewer can hold it up.
bool Demand::left_to_owner(const Candidate& c, Decision* decision) const {
  using dispatch_tuning::kPatience;
  if (planned(c) ? c.bound : c.placed) return false;
  const bool timed = planned(c) && c.absolute;
  // Soft work that will begin where it is planned before half of its slack is gone: elsewhere it
  // takes more lane time, for what nobody needs.
  if (timed && c.criticality >= Criticality::kSoft && c.slack != Nanos::max()) {
    const bool known = !c.owner_idle && c.lanes_on == 0 && c.owner_free_at != Nanos::max();
    const Nanos starts = std::max({now_, c.start, known ? c.owner_free_at : now_});
    if (starts < c.start + c.slack / 2) {
      wait_for(*decision, c.start + c.slack / 2);
      return true;
    }
  }
  const Nanos here = std::max(c.duration, Nanos(0));
  const Nanos there = c.owner_duration > Nanos(0) ? c.owner_duration : here;
  if (timed && c.lanes_on > 0 && c.start > now_) {
    wait_for(*decision, c.start);
    return true;
  }
  if (c.owner_idle) {
    const bool leaves = there <= here && lane_.idle <= kPatience &&
                        !(timed && now_ - c.start > kPatience);
    if (leaves) wait_for(*decision, now_ + kPatience);
    return leaves;
  }
  if (c.owner_free_at <= now_ || c.owner_free_at == Nanos::max()) return false;
  const Nanos starts = timed ? std::max(c.owner_free_at, c.start) : c.owner_free_at;
  const bool leaves = now_ + blocks_for(c, Unit::kCore) >= starts + there;
  if (leaves) wait_for(*decision, c.owner_free_at);
  return leaves;
}

// Hard work keeps off a lane that may lose its cpu again while another lane is free for it, or will
// be soon.
bool Demand::left_to_steady(const Candidate& c, Decision* decision) const {
  if (!lane_.unsteady || c.criticality != Criticality::kHard) return false;
  // A part of its slack only: its successors will be waited for as well.
  const Nanos latest = latest_start(c);
  const bool comes = lane_.steady_free_at > now_ && latest != Nanos::max() && latest > now_ &&
                     lane_.steady_free_at - now_ <=
                         (latest - now_) / dispatch_tuning::kSteadyShare;
  if (lane_.others_steady == 0 && !comes) return false;
  wait_for(*decision, now_ + dispatch_tuning::kPatience);
  return true;
}

// The mode of the plan when it can be had at once; else the one that ends first: the accelerator
// as long as nobody more critical (work of the plan: as critical) needs it before it is free
// again, waiting for it when that still ends before all lanes together could (hard work takes what
// it can get: the present user may take longer than expected), or the core.
bool Demand::mode(const Candidate& c, Unit* unit, Decision* decision) const {
  *unit = Unit::kCore;
  if (!has_accelerator(c)) return c.on_core;
  const bool as_planned = planned(c) && c.planned_unit == Unit::kAccelerator;
  Nanos core = c.duration;
  if (planned(c) && c.bound && !as_planned && c.owner_duration > Nanos(0))
    core = core > Nanos(0) ? std::min(core, c.owner_duration) : c.owner_duration;
  const bool prefers = as_planned || prefers_accelerator(c, core);
  // Soft work gets no accelerator that the plan gives before to what is as critical: in an overload
  // the plan has chosen who is in time, and a run on the accelerator is not preempted.
  const bool soft = c.criticality >= Criticality::kSoft;
  const Nanos starts = soft ? accelerator_starts_.of(c.criticality) : Nanos::max();
  const Nanos wanted =
      as_planned
          ? std::min(planned_accelerator_.above(c.criticality),
                     c.absolute && starts < c.start ? starts : Nanos::max())
          : std::min({planned_accelerator_.from(c.criticality),
                      any_accelerator_.above(c.criticality), starts});
  if (prefers && c.accelerator_free && now_ + c.accelerator_duration <= wanted) {
    *unit = Unit::kAccelerator;
    return true;
  }
  const bool comes = c.accelerator_free_at > now_ && c.accelerator_free_at != Nanos::max();
  // ... and stays with the one it is planned on, as soft work with its lanes: what waiting ends
  // for certain, all lanes together would only if all were free and equally fast.
  const Nanos patient_until = c.slack == Nanos::max() ? now_ : c.start + c.slack / 2;
  if (as_planned && c.criticality != Criticality::kHard && c.absolute &&
      (c.accelerator_free || comes) &&
      std::max({now_, c.start, comes ? c.accelerator_free_at : now_}) < patient_until) {
    wait_for(*decision, c.start > now_ ? c.start : patient_until);
    return false;
  }
  const Nanos shared = core / int64_t(std::max(1u, std::min(c.open_tiles, lane_.lanes)));
  const bool waits = prefers && comes && !c.accelerator_free && core > Nanos(0) &&
                     c.criticality != Criticality::kHard &&
                     c.accelerator_free_at + c.accelerator_duration <
                         std::min(now_ + shared, wanted);
  if (c.on_core && !waits) return true;
  if (comes) wait_for(*decision, c.accelerator_free_at);
  if (c.accelerator_free)
    wait_for(*decision, wanted > now_ ? wanted : now_ + dispatch_tuning::kPatience);
  return false;
}

// More of what is more critical than `c`, and needed before `end`, than other lanes can take.
bool Demand::lanes_run_short(const Candidate& c, Nanos end) const {
  uint32_t needed = 0;
  Nanos first = Nanos::max();
  for (const Candidate& other : candidates_) {
    if (other.criticality >= c.criticality || planned(other)) continue;
    const Nanos by = needed_by(other, now_);
    if (by >= end) continue;
    first = std::min(first, by);
    ++needed;
  }
  return needed > lane_.others_idle + (lane_.others_free_at <= first ? 1 : 0);
}

}  // namespace takt
