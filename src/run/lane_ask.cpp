// A lane asks the policy: what it sees of the other lanes, where new items are placed, and what
// it does with the answer. candidates.cpp says what it offers.
#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/clock.h"
#include "run/lane_loop.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {

// True: `claim` is what the policy wants. What other lanes make ready counts kView later at most;
// before the lane waits it has looked at everything.
bool LaneLoop::look_policy(uint64_t used, Nanos told_to_wait, Claim* claim) {
  if (view_holds() && look_at_last() && choose(claim)) return true;
  if (look_at_all(used, told_to_wait, claim)) return true;
  if (choose(claim)) return true;
  told_to_wait_ = view_now_;
  view_published_ = UINT64_MAX;
  return false;
}

bool LaneLoop::view_holds() const {
  return view_published_ == executor_.published_.load(std::memory_order_seq_cst) &&
         ticks() - view_ticks_ < view_ticks_max_;
}

// Gathers the candidates. True: there is something to claim that no policy has to be asked for.
bool LaneLoop::look_at_all(uint64_t used, Nanos told_to_wait, Claim* claim) {
  view_published_ = UINT64_MAX;
  const uint64_t published = executor_.published_.load(std::memory_order_seq_cst);
  const bool draining = executor_.draining_.load(std::memory_order_relaxed);
  const Nanos now = monotonic_now();
  view_ticks_ = ticks();
  view_now_ = now;
  bool taped = false;
  lane_.candidates.clear();
  lane_.candidate_of.clear();
  lane_.candidate_slot.clear();
  timer_until_ = Nanos::max();
  note_pause(told_to_wait, now);
  view_ = look_around(now);
  // Each submission in flight has its say, however many there are.
  view_budget_ = std::clamp(tuning::kCandidates / uint32_t(std::popcount(used)), 1u,
                            tuning::kCandidatesPerSubmission);
  for (; used; used &= used - 1) {
    Submission* s = executor_.slots_[size_t(std::countr_zero(used))].load(
        std::memory_order_seq_cst);
    if (!s) continue;
    if (s->give_up_at <= now) s->give_up(SubmissionEnd::kCancelled);
    timer_until_ = std::min(timer_until_, s->give_up_at);
    if (s->given_up() && look_given_up(*s, claim)) return true;
    taped |= s->taped_;
    gather(*s, draining || s->release <= now, draining ? Nanos::max() : now, view_budget_);
  }
  if (executor_.places_) place_candidates(now, 0);
  // On a tape "ready" is said of the lane's next operation, which moves on unseen.
  view_published_ = taped ? UINT64_MAX : published;
  last_ = nullptr;
  return false;
}

// Of the submission that the lane chose from last it takes a new look. False: it has to look at
// all.
bool LaneLoop::look_at_last() {
  if (!last_) return true;
  for (size_t i = lane_.candidates.size(); i-- > 0;)
    if (lane_.candidate_slot[i] == last_slot_) drop_candidate(i);
  const size_t first = lane_.candidates.size();
  Submission* const s = executor_.slots_[last_slot_].load(std::memory_order_seq_cst);
  if (s != last_ || s->sequence_ != last_sequence_) return true;   // it has ended
  if (s->given_up() || executor_.draining_.load(std::memory_order_relaxed)) return false;
  gather(*s, s->release <= view_now_, view_now_, view_budget_);
  if (executor_.places_) place_candidates(view_now_, first);
  return true;
}

// Asks until an answer can be carried out. False: to wait is one.
bool LaneLoop::choose(Claim* claim) {
  wait_until_ = timer_until_;
  while (!lane_.candidates.empty()) {
    const Decision decision =
        executor_.options_.policy->choose(view_, lane_.candidates, view_now_);
    wait_until_ = std::min(decision.wait_until, timer_until_);
    if (decision.replan != lane_.replan) note_replan(decision.replan);
    const size_t shed_index = size_t(std::max(decision.shed, 0));
    if (decision.shed >= 0 && in_flight(shed_index) &&
        lane_.candidate_of[shed_index]->may_be_shed) {
      Submission& shed = *lane_.candidate_of[shed_index];
      shed.give_up(SubmissionEnd::kCancelled);
      if (look_given_up(shed, claim)) return true;
      forget_candidates(shed);
      continue;
    }
    if (decision.candidate < 0) return false;
    const size_t chosen = size_t(decision.candidate);
    Submission& s = *lane_.candidate_of[chosen];
    DCHECK(lane_.candidates[chosen].ready);
    if (in_flight(chosen) &&
        try_claim(s, lane_.candidates[chosen].op, *claim, decision.unit)) {
      note_choice(decision, claim);
      last_ = &s;
      last_slot_ = s.slot_;
      last_sequence_ = s.sequence_;
      return true;
    }
    drop_candidate(chosen);   // another lane took its last tile meanwhile
  }
  return false;
}

// True when the candidate's submission is still what it was; then it is for all of this section.
bool LaneLoop::in_flight(size_t candidate) const {
  const Submission* const s = lane_.candidate_of[candidate];
  return executor_.slots_[lane_.candidate_slot[candidate]].load(std::memory_order_seq_cst) == s &&
         s->sequence_ == lane_.candidates[candidate].submission;
}

// The order of the candidates does not matter.
void LaneLoop::drop_candidate(size_t index) {
  lane_.candidates[index] = lane_.candidates.back();
  lane_.candidate_of[index] = lane_.candidate_of.back();
  lane_.candidate_slot[index] = lane_.candidate_slot.back();
  lane_.candidates.pop_back();
  lane_.candidate_of.pop_back();
  lane_.candidate_slot.pop_back();
}

void LaneLoop::note_choice(const Decision& decision, Claim* claim) {
  const Candidate& c = lane_.candidates[size_t(decision.candidate)];
  claim->more = claim->more || (!claim->taped && lane_.candidates.size() > 1);
  claim->expected = decision.unit == Unit::kAccelerator ? c.accelerator_duration : c.duration;
  claim->began = view_now_;
  view_.last_kernel = lane_.last_kernel = c.kernel;
  view_.last_submission = lane_.last_submission = c.submission;
}

void LaneLoop::note_replan(ReplanReason reason) {
  lane_.replan = reason;
  if (reason == ReplanReason::kNone) return;
  executor_.replans_.fetch_add(1, std::memory_order_relaxed);
  if (executor_.options_.replan) executor_.options_.replan(reason);
}

// A lane that is told to wait asks again within microseconds as long as it is awake (without
// workers it sleeps as well). When it did not, it was without its cpu.
void LaneLoop::note_pause(Nanos told_to_wait, Nanos now) {
  if (told_to_wait == Nanos::max() || !executor_.options_.workers) return;
  if (now - told_to_wait <= dispatch_tuning::kLostCpuLeast) return;
  lane_.steadiness.lost_cpu(now);
  lane_.tell_steadiness();
}

// What the others do now; kept for the candidates' owners.
LaneView LaneLoop::look_around(Nanos now) {
  LaneView view{lane_.index, executor_.lane_count_,
                idle_since_ ? nanos_of(ticks() - idle_since_) : Nanos(0)};
  view.last_kernel = lane_.last_kernel;
  view.last_submission = lane_.last_submission;
  view.unsteady = lane_.steadiness.unsteady(now);
  lane_.idle_lanes = {};
  for (uint32_t l = 0; l < executor_.lane_count_; ++l) {
    const RunLane& other = executor_.lanes_[l];
    lane_.free_at[l] = Nanos::max();
    if (l == lane_.index) continue;
    const bool steady = other.unsteady_until_ns.load(std::memory_order_relaxed) <= now.ns;
    if (other.idle.load(std::memory_order_relaxed)) {
      lane_.idle_lanes.add(l);
      ++view.others_idle;
      view.others_steady += steady;
      continue;
    }
    const Nanos until(other.busy_until_ns.load(std::memory_order_relaxed));
    if (until <= now) continue;
    lane_.free_at[l] = until;
    view.others_free_at = std::min(view.others_free_at, until);
    if (steady) view.steady_free_at = std::min(view.steady_free_at, until);
  }
  return view;
}

// Nothing of `s` runs any more: no policy has to be asked who counts it down, and when.
bool LaneLoop::look_given_up(Submission& s, Claim* claim) {
  if (!s.taped_) return look_alone(s, claim);
  const Submission::PlanLane& mine = s.plan_lanes_[lane_.index];
  if (mine.next == mine.end) return false;
  expecting_ = true;
  if (!inputs_done(s, s.tape->ops(lane_.index)[mine.next])) return false;
  *claim = {.submission = &s, .taped = true};
  return true;
}

void LaneLoop::forget_candidates(const Submission& of) {
  for (size_t i = lane_.candidates.size(); i-- > 0;)
    if (lane_.candidate_of[i] == &of) drop_candidate(i);
}

// What each lane has to do, as far as this one sees it: what it runs, and the candidates that are
// placed on it.
void LaneLoop::load_lanes(Nanos now) {
  for (uint32_t l = 0; l < executor_.lane_count_; ++l) {
    LaneLoad& load = lane_.loads[l];
    const Nanos free_at = lane_.free_at[l];
    load = {.lane = l, .cluster = executor_.options_.topology[l].cluster};
    if (free_at != Nanos::max()) load.backlog = free_at - now;
    load.awake = l == lane_.index || !executor_.parked_.has(l);
    load.usable = executor_.usable_.has(l);
  }
}

void LaneLoop::add_load(const LaneMask& lanes, const Candidate& c) {
  const uint32_t count = lanes.count();
  if (count == 0) return;
  const Nanos share = (c.duration > Nanos(0) ? c.duration : tuning::kUnknownWork) / int64_t(count);
  lanes.for_each([&](uint32_t l) { lane_.loads[l].backlog += share; });
}

// Lanes for the candidates from `first` on that became ready since any lane last looked; whether
// the others are placed here. The new ones come last: they see what all the others mean for the
// lanes.
void LaneLoop::place_candidates(Nanos now, size_t first) {
  if (first == 0) load_lanes(now);
  const uint32_t words = (executor_.lane_count_ + 63) / 64;
  const auto set = [&](Candidate& c, Submission& s) {
    const LaneMask lanes = s.place_of(c.op, words);
    if (lanes.empty()) return;   // any
    c.placed = lanes.has(lane_.index);
    add_owners(lanes, c);
    add_load(lanes, c);
  };
  bool left = false;
  for (size_t i = first; i < lane_.candidates.size(); ++i) {
    if (!to_be_placed(i)) continue;
    Candidate& c = lane_.candidates[i];
    Submission& s = *lane_.candidate_of[i];
    if (s.placed(c.op)) set(c, s);
    else left = true;
  }
  for (size_t i = first; left && i < lane_.candidates.size(); ++i) {
    Candidate& c = lane_.candidates[i];
    Submission& s = *lane_.candidate_of[i];
    if (!to_be_placed(i) || s.placed(c.op)) continue;
    const uint32_t widest = std::min(c.open_tiles, executor_.lane_count_);
    s.put(c.op, executor_.options_.policy->place(c, lane_.loads, widest), words);
    set(c, s);
  }
}

bool LaneLoop::to_be_placed(size_t candidate) const {
  const Candidate& c = lane_.candidates[candidate];
  return c.ready && !c.planned && !lane_.candidate_of[candidate]->assignment;
}

}  // namespace takt
