#include "dispatch/triggers.h"

#include <algorithm>

#include "base/check.h"

namespace takt {
namespace {

// Notes one reason after another, the most urgent first: that one is named.
class Notes {
 public:
  explicit Notes(Nanos now) { request_.at = now; }
  void add(ReplanReason reason, uint32_t subject, uint32_t planned_pct = 100,
           uint32_t measured_pct = 100) {
    if (request_.covers == 0)
      request_ = {reason, subject, planned_pct, measured_pct, 0, request_.at};
    request_.covers |= 1u << int(reason);
  }
  const ReplanRequest& request() const { return request_; }

 private:
  ReplanRequest request_;
};

ChangePointOptions of_step(uint32_t step_pct) {
  ChangePointOptions options;
  options.step_pct = step_pct;
  return options;
}

double distance(uint32_t a, uint32_t b) {
  return double(std::max(a, b)) / std::max(std::min(a, b), 1u);
}

}  // namespace

std::string_view name_of(ReplanReason reason) {
  switch (reason) {
    case ReplanReason::kNone: return "none";
    case ReplanReason::kLaneLost: return "lane lost";
    case ReplanReason::kAcceleratorLost: return "accelerator lost";
    case ReplanReason::kMode: return "mission mode";
    case ReplanReason::kSlower: return "cluster slower";
    case ReplanReason::kDuration: return "duration";
    case ReplanReason::kLoad: return "offered load";
    case ReplanReason::kLate: return "late";
    case ReplanReason::kLaneBack: return "lane back";
    case ReplanReason::kAcceleratorBack: return "accelerator back";
    case ReplanReason::kFaster: return "cluster faster";
  }
  return "none";
}

Triggers::Triggers(const Extent& extent, const TriggerOptions& options)
    : options_(options),
      speeds_(extent.clusters, {100, 100}),
      returns_(extent.accelerators),
      durations_(extent.kernels, ChangePoint(of_step(options.slower_step_pct))),
      planned_pct_(extent.kernels, 100) {
  CHECK(extent.lanes <= LaneMask::kMaxLanes && extent.accelerators <= LaneMask::kMaxLanes);
  lanes_.now = lanes_.planned = LaneMask::first(extent.lanes);
  accelerators_.now = accelerators_.planned = LaneMask::first(extent.accelerators);
}

void Triggers::report(const ReactionStep& step) {
  switch (step.reason) {
    case ReactionReason::kLaneStuck:
    case ReactionReason::kLaneSilent: lanes_.now.remove(step.subject); break;
    case ReactionReason::kLaneBack: lanes_.now.add(step.subject); break;
    case ReactionReason::kClusterSlower:
    case ReactionReason::kClusterFaster: speeds_[step.subject].now = step.speed_pct; break;
    case ReactionReason::kNone:
    case ReactionReason::kLoadUneven:
    case ReactionReason::kReplanDue: break;
  }
}

void Triggers::report_accelerator(uint32_t accelerator, bool usable, Nanos now) {
  Return& r = returns_[accelerator];
  if (usable) {
    if (!accelerators_.now.has(accelerator)) r.since = std::min(r.since, now);
    return;
  }
  if (accelerators_.now.has(accelerator)) {
    // Lost again soon after it came back: it has to prove itself for longer.
    const bool again = r.was_lost && now - r.back_at < 4 * r.hold;
    r.hold = again ? std::min(2 * r.hold, options_.return_hold_max) : options_.return_hold;
  }
  r.was_lost = true;
  r.since = Nanos::max();
  accelerators_.now.remove(accelerator);
}

void Triggers::settle_returns(Nanos now) {
  for (uint32_t i = 0; i < returns_.size(); ++i) {
    Return& r = returns_[i];
    if (r.since == Nanos::max() || now < r.since + r.hold) continue;
    accelerators_.now.add(i);
    r.since = Nanos::max();
    r.back_at = now;
  }
}

void Triggers::report_offered(Nanos work, Nanos planned, Nanos now) {
  if (planned <= Nanos(0)) return;
  const Nanos before = load_due();
  const bool was_more = load_.now > load_.planned;
  load_.now = uint32_t(std::clamp(work.ns / std::max<int64_t>(planned.ns / 100, 1), int64_t{0},
                                  int64_t{10'000}));
  if (before == Nanos::max() || was_more != (load_.now > load_.planned)) load_since_ = now;
}

// When the present difference of the load counts; max(): there is none.
Nanos Triggers::load_due() const {
  const uint32_t step = options_.load_step_pct;
  if (load_.now >= load_.planned + step) return load_since_ + options_.load_more_hold;
  if (load_.now + step <= load_.planned) return load_since_ + options_.load_less_hold;
  return Nanos::max();
}

void Triggers::report_duration(uint32_t kernel, Nanos expected, Nanos measured, Nanos) {
  if (!durations_[kernel].add(expected, measured)) return;
  if (kernel == worst_kernel_) {
    find_worst_kernel();
  } else if (duration_differs(kernel) &&
             (worst_kernel_ == kNoKernel ||
              distance(duration_pct(kernel), planned_pct_[kernel]) >
                  distance(duration_pct(worst_kernel_), planned_pct_[worst_kernel_]))) {
    worst_kernel_ = kernel;
  }
}

uint32_t Triggers::duration_pct(uint32_t kernel) const {
  return uint32_t(std::clamp(durations_[kernel].level() * 100 + 0.5, 1.0, 1e6));
}

bool Triggers::duration_differs(uint32_t kernel) const {
  const uint64_t measured = duration_pct(kernel), planned = planned_pct_[kernel];
  return measured * 100 >= planned * (100 + options_.slower_step_pct) ||
         measured * (100 + options_.faster_step_pct) <= planned * 100;
}

void Triggers::find_worst_kernel() {
  worst_kernel_ = kNoKernel;
  double worst = 0;
  for (uint32_t k = 0; k < durations_.size(); ++k) {
    const double d = distance(duration_pct(k), planned_pct_[k]);
    if (!duration_differs(k) || d <= worst) continue;
    worst = d;
    worst_kernel_ = k;
  }
}

void Triggers::report_mode(uint32_t mode, Nanos) { mode_.now = mode; }

void Triggers::report_late(uint32_t task, Nanos now) {
  if (!late_.spell || now - late_.last > options_.late_quiet) {
    late_.from = now;
    late_.gap = options_.gap;
  }
  late_.spell = late_.asks = true;
  late_.task = task;
  late_.last = now;
}

ReplanRequest Triggers::collect(Nanos now) const {
  Notes notes(now);
  (lanes_.planned - lanes_.now).for_each([&](uint32_t lane) {
    notes.add(ReplanReason::kLaneLost, lane);
  });
  (accelerators_.planned - accelerators_.now).for_each([&](uint32_t accelerator) {
    notes.add(ReplanReason::kAcceleratorLost, accelerator);
  });
  if (mode_.differs()) notes.add(ReplanReason::kMode, mode_.now);
  for (uint32_t c = 0; c < speeds_.size(); ++c)
    if (speeds_[c].now < speeds_[c].planned)
      notes.add(ReplanReason::kSlower, c, speeds_[c].planned, speeds_[c].now);
  if (worst_kernel_ != kNoKernel)
    notes.add(ReplanReason::kDuration, worst_kernel_, planned_pct_[worst_kernel_],
              duration_pct(worst_kernel_));
  if (load_due() <= now) notes.add(ReplanReason::kLoad, 0, load_.planned, load_.now);
  if (late_.asks && late_.from <= now && now - late_.last <= options_.late_quiet)
    notes.add(ReplanReason::kLate, late_.task);
  (lanes_.now - lanes_.planned).for_each([&](uint32_t lane) {
    notes.add(ReplanReason::kLaneBack, lane);
  });
  (accelerators_.now - accelerators_.planned).for_each([&](uint32_t accelerator) {
    notes.add(ReplanReason::kAcceleratorBack, accelerator);
  });
  for (uint32_t c = 0; c < speeds_.size(); ++c)
    if (speeds_[c].now > speeds_[c].planned)
      notes.add(ReplanReason::kFaster, c, speeds_[c].planned, speeds_[c].now);
  return notes.request();
}

ReplanRequest Triggers::next(Nanos now) {
  settle_returns(now);
  if (now < from_) return {};
  const ReplanRequest request = collect(now);
  if (request.reason == ReplanReason::kNone) return {};
  // A load that has not lasted yet is not planned for.
  if (load_due() <= now) load_.plan();
  if (late_.asks) {
    late_.asks = false;
    late_.from = now + late_.gap;
    late_.gap = std::min(2 * late_.gap, options_.late_gap_max);
  }
  planned();
  from_ = now + options_.gap;
  return request;
}

void Triggers::planned() {
  lanes_.plan();
  accelerators_.plan();
  mode_.plan();
  for (Value<uint32_t>& speed : speeds_) speed.plan();
  for (uint32_t k = 0; k < durations_.size(); ++k) planned_pct_[k] = duration_pct(k);
  worst_kernel_ = kNoKernel;
}

void Triggers::planned_with_new_costs() {
  for (ChangePoint& kernel : durations_) kernel = ChangePoint(of_step(options_.slower_step_pct));
  planned();
}

Nanos Triggers::next_event() const {
  Nanos due = Nanos::max();
  for (const Return& r : returns_)
    if (r.since != Nanos::max()) due = std::min(due, r.since + r.hold);
  Nanos request = load_due();
  if (late_.asks && late_.from - late_.last <= options_.late_quiet)
    request = std::min(request, late_.from);
  bool differs = lanes_.differs() || accelerators_.differs() || mode_.differs() ||
                 worst_kernel_ != kNoKernel;
  for (const Value<uint32_t>& speed : speeds_) differs = differs || speed.differs();
  if (differs) request = Nanos::min();
  if (request == Nanos::max()) return due;
  return std::min(due, std::max(request, from_));
}

}  // namespace takt
