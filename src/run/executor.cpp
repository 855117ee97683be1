#include "run/executor.h"

#include <bit>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "run/lane_loop.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {

Executor::Executor(const ExecutorOptions& options) : options_(options) {
  lane_count_ = uint32_t(options_.cpus.size());
  CHECK(lane_count_ >= 1 && lane_count_ <= kMaxLanes);
  CHECK(options_.policy && options_.drop_fault);
  keeps_lanes_ = options_.policy->keeps_lanes();
  places_ = options_.policy->places() && lane_count_ > 1;
  bound_ = keeps_lanes_ || !options_.helps.empty();
  ticks_in(Nanos(1));   // calibrate now, not in the first call
  lanes_ = std::make_unique<RunLane[]>(lane_count_);
  if (options_.topology.lanes() == 0) options_.topology = Topology::flat(options_.cpus);
  CHECK(options_.topology.lanes() == lane_count_);
  CHECK(options_.helps.empty() || options_.helps.size() == lane_count_);
  CHECK(options_.base_lane + lane_count_ <= UINT16_MAX);   // TraceEvent::lane
  uint32_t capacity = options_.trace_capacity ? std::bit_ceil(options_.trace_capacity) : 0;
  for (uint32_t l = 0; l < lane_count_; ++l) {
    RunLane& lane = lanes_[l];
    lane.index = l;
    lane.cpu = options_.cpus[l];
    lane.helps = options_.helps.empty() ? LaneMask::first(lane_count_) : options_.helps[l];
    lane.helps.add(l);
    lane.nearest = options_.topology.nearest(l);
    for (uint32_t a = 0; a < options_.accelerators.size(); ++a)
      if (options_.accelerators[a].drivers.has(l)) lane.accelerators.push_back(a);
    lane.free_at.resize(lane_count_);
    lane.loads.resize(lane_count_);
    lane.context.lane = l;
    lane.context.lanes = lane_count_;
    lane.context.processor = lane.cpu < 0 ? 0 : uint32_t(lane.cpu);
    if (capacity) lane.ring = std::make_unique<EventRing<TraceEvent>>(capacity);
  }
  for (const AcceleratorSpec& spec : options_.accelerators)
    accelerators_.push_back(std::make_unique<AcceleratorUnit>(spec, lane_count_));
  all_lanes_ = LaneMask::first(lane_count_);
  parked_.start(lane_count_);
  usable_.start(lane_count_);
  if (options_.lock_memory) lock_memory();
  for (uint32_t l = 0; l < lane_count_; ++l) lanes_[l].sleep_until_ns = Nanos::max().ns;
  if (options_.workers) {
    for (uint32_t l = 0; l < lane_count_; ++l)
      lanes_[l].worker.start([this, l] { worker_main(lanes_[l]); }, options_.stack_bytes);
    for (uint32_t n = set_up_.load(); n != lane_count_; n = set_up_.load()) set_up_.wait(n);
  }
  start_watch();
}

Executor::~Executor() {
  draining_ = true;
  for (uint32_t l = 0; l < lane_count_; ++l) wake(l);
  cancel_held();
  wait_idle();
  while (visitors_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  stop_watch();
  stop_ = true;
  for (uint32_t l = 0; l < lane_count_; ++l) wake(l);
  for (uint32_t l = 0; l < lane_count_; ++l) lanes_[l].worker.join();
}

bool Executor::quiescent(const Submission& submission) const {
  for (uint32_t l = 0; l < submission.sections_.size(); ++l) {
    const uint64_t then = submission.sections_[l];
    if ((then & 1) && lanes_[l].section.load(std::memory_order_acquire) == then) return false;
  }
  return true;
}

Submission* Executor::acquire() {
  if (spare_.load(std::memory_order_relaxed)) {
    if (Submission* spare = spare_.exchange(nullptr, std::memory_order_acquire)) return spare;
  }
  std::lock_guard lock(pool_mutex_);
  if (!pool_.empty() && quiescent(*pool_.front())) {
    Submission* submission = pool_.front();
    pool_.pop_front();
    submission->reset();
    return submission;
  }
  all_.push_back(std::make_unique<Submission>());
  return all_.back().get();
}

void Executor::abandon(Submission* submission) {
  submission->reset();
  keep_spare(submission);
}

// REQUIRES: it is as reset() leaves it, and no lane has seen this use of it
void Executor::keep_spare(Submission* submission) {
  submission->sections_.clear();   // no lane looks at it: acquire() saw to it before
  Submission* none = nullptr;
  if (spare_.compare_exchange_strong(none, submission, std::memory_order_release)) return;
  std::lock_guard lock(pool_mutex_);
  pool_.push_front(submission);
}

// A plain item bound to one lane goes to the lane's mailbox, when nothing else is in flight
// that the policy would have to choose between. The submission is free again at once.
bool Executor::post(Submission& s) {
  if (s.pin.empty() || !s.plain() || used_.load(std::memory_order_relaxed) != 0) return false;
  const Program& program = *s.program;
  if (program.items() != 1 || program.node(0).tiles != 1) return false;
  const uint32_t lane = s.pin.least();
  LaneMask others = s.pin;   // not a comparison of masks, a call (lane_mask.h)
  others.remove(lane);
  if (lane >= lane_count_ || !others.empty()) return false;
  if (!lanes_[lane].mail.post({s.program, s.data, s.owner, s.done})) return false;
  // This use of it has ended. Nobody else counts: it was never published.
  s.generation_.store(s.generation_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  s.pin = {};   // all else was plain
  keep_spare(&s);
  return true;
}

void Executor::publish(Submission& s) {
  uint64_t used = used_.load(std::memory_order_relaxed);
  for (;;) {
    if (used == ~0ull) {
      std::lock_guard lock(pool_mutex_);
      // A slot may have become free before the lock: complete() looks at waiting_ after
      // it has freed its slot, so either it sees this one or the retry finds the slot.
      waiting_.fetch_add(1, std::memory_order_seq_cst);
      used = used_.load(std::memory_order_seq_cst);
      if (used == ~0ull) {
        overflow_.push_back(&s);
        return;
      }
      waiting_.fetch_sub(1, std::memory_order_relaxed);
    }
    const uint32_t slot = uint32_t(std::countr_one(used));
    if (used_.compare_exchange_weak(used, used | 1ull << slot, std::memory_order_acq_rel)) {
      s.slot_ = slot;
      slots_[slot].store(&s, std::memory_order_seq_cst);
      published_.fetch_add(1, std::memory_order_seq_cst);
      return;
    }
  }
}

SubmissionHandle Executor::submit(Submission* submission) {
  Submission& s = *submission;
  const SubmissionHandle handle{submission, s.generation_.load(std::memory_order_relaxed)};
  if (post(s)) return handle;
  prepare(s);
  in_flight_.fetch_add(1, std::memory_order_relaxed);
  if (s.pinned_ && (s.pin & all_lanes_).empty()) s.give_up(SubmissionEnd::kRefused);
  if (s.scope) {
    s.scope->begin();
    if (s.scope->failed()) s.give_up(SubmissionEnd::kScopeFailed);
  }
  if (s.waits.empty() || !start_is_held(s)) start(s, true);
  return handle;
}

// Everything it waited for is there. `may_run_here`: on behalf of the thread that submits it.
void Executor::start(Submission& s, bool may_run_here) {
  if (s.timed()) timed_.fetch_add(1, std::memory_order_seq_cst);
  if (s.program->items() == 0 || s.given_up()) {
    s.slot_ = kSlots;
    s.start_ticks_ = 0;
    return complete(s);
  }
  // Once published only its generation is safe to look at.
  const uint64_t generation = s.generation_.load(std::memory_order_relaxed);
  const bool timed = s.timed();
  const Nanos now = timed ? monotonic_now() : Nanos::min();
  const Nanos release = s.release;
  const Nanos start = keeps_lanes_ ? std::max(release, s.plan_base) : release;
  const bool planned = s.assignment != nullptr;
  const LaneLoop* loop = LaneLoop::current();
  const bool may_run = may_run_here && !loop && release <= now && s.timers.empty() &&
                       (!options_.workers || (options_.inline_submit && start <= now));
  s.start_ticks_ = may_run && !timed ? ticks() : 0;
  const LaneMask pin = s.pin;
  const bool pinned = s.pinned_;
  const LaneMask& needs = s.pinned_ ? pin : planned ? s.assignment->lanes : all_lanes_;
  publish(s);

  if (may_run) {
    if (RunLane* lane = take_parked_lane(bound_ || planned ? needs : all_lanes_, nullptr)) {
      if (bound_)
        (needs - LaneMask::of(lane->index)).for_each([this](uint32_t l) { wake(l); });
      return run_on(*lane, s, generation);
    }
  }
  ensure_progress(needs, start, now, loop && &loop->executor() == this);
  // A lane that is awake is no help when it is not one of the pin's.
  if (pinned && !bound_ && start <= now + tuning::kWakeMargin)
    (parked_.seen() & pin).for_each([this](uint32_t l) { wake(l); });
}

// Sees to it that somebody will come to look at a submission that was just published.
void Executor::ensure_progress(const LaneMask& needs, Nanos start, Nanos now, bool lane_thread) {
  if (!options_.workers) return;
  const LaneMask parked = parked_.seen();
  if (start > now && start - now > tuning::kWakeMargin) {
    // Later: only lanes that would sleep too long are woken, to set their alarm anew.
    (parked & needs).for_each([this, start](uint32_t l) {
      if (lanes_[l].sleep_until_ns.load(std::memory_order_seq_cst) >
          (start - tuning::kWakeMargin).ns)
        wake(l);
    });
    return;
  }
  if (bound_) {
    (parked & needs).for_each([this](uint32_t l) { wake(l); });
    return;
  }
  if (lane_thread || any_idle(all_lanes_, kMaxLanes)) return;
  const LaneMask preferred = parked & needs;
  const uint32_t lane = preferred.empty() ? parked.least() : preferred.least();
  if (lane < lane_count_) wake(lane);
}

void Executor::complete(Submission& s) {
  if (s.timed()) timed_.fetch_sub(1, std::memory_order_relaxed);
  if (s.slot_ < kSlots) {
    slots_[s.slot_].store(nullptr, std::memory_order_relaxed);
    used_.fetch_and(~(1ull << s.slot_), std::memory_order_seq_cst);
    if (waiting_.load(std::memory_order_seq_cst) != 0) {
      Submission* next = nullptr;
      {
        std::lock_guard lock(pool_mutex_);
        if (!overflow_.empty()) {
          next = overflow_.front();
          overflow_.pop_front();
          waiting_.fetch_sub(1, std::memory_order_relaxed);
        }
      }
      if (next) publish_late(*next);
    }
  }
  if (s.start_ticks_) s.program->note_run(ticks() - s.start_ticks_);
  conclude(s);
  retire(s);
}

// Publishes what had to wait for a slot. This lane is awake and will come to it, but it may be
// bound to others, which nobody has woken for it.
void Executor::publish_late(Submission& s) {
  const LaneMask needs = s.pinned_ ? s.pin : s.assignment ? s.assignment->lanes : all_lanes_;
  const Nanos start = keeps_lanes_ ? std::max(s.release, s.plan_base) : s.release;
  const Nanos now = s.timed() ? monotonic_now() : Nanos::min();
  publish(s);
  ensure_progress(needs, start, now, true);
}

void Executor::retire(Submission& s) {
  s.sections_.resize(lane_count_);
  for (uint32_t l = 0; l < lane_count_; ++l)
    s.sections_[l] = lanes_[l].section.load(std::memory_order_seq_cst);
  {
    std::lock_guard lock(pool_mutex_);
    s.generation_.fetch_add(1, std::memory_order_seq_cst);
    pool_.push_back(&s);
  }
  in_flight_.fetch_sub(1, std::memory_order_seq_cst);
}

size_t Executor::trim() {
  size_t freed = 0;
  {
    std::lock_guard lock(pool_mutex_);
    for (Submission* s : pool_) {
      if (!quiescent(*s)) continue;
      s->free_memory();
      ++freed;
    }
  }
  for (uint32_t l = 0; l < lane_count_; ++l) {
    if (!parked_.has(l) || !parked_.take(l)) continue;
    lanes_[l].context.free_scratch();
    give_back(lanes_[l]);
    ++freed;
  }
  return freed;
}

ExecutorStatistics Executor::statistics() const {
  ExecutorStatistics sum;
  sum.submissions = next_sequence_.load(std::memory_order_relaxed) - 1;   // but for letters
  sum.inline_submissions = inline_submissions_.load(std::memory_order_relaxed);
  for (uint32_t l = 0; l < lane_count_; ++l) {
    sum.submissions += lanes_[l].mail.posted();
    sum.operations += lanes_[l].operations.load(std::memory_order_relaxed);
    sum.wakes += lanes_[l].wakes.load(std::memory_order_relaxed);
    if (lanes_[l].ring) sum.trace_dropped += lanes_[l].ring->dropped();
  }
  sum.replans = replans_.load(std::memory_order_relaxed);
  for (const auto& unit : accelerators_) sum.accelerators.push_back(unit->statistics());
  return sum;
}

void Executor::restore_accelerator(uint32_t index) {
  CHECK(index < accelerators_.size());
  accelerators_[index]->restore();
}

void Executor::drain_trace(const std::function<void(const TraceEvent&)>& sink) {
  for (uint32_t l = 0; l < lane_count_; ++l)
    if (lanes_[l].ring) lanes_[l].ring->drain(sink);
}

std::vector<int> Executor::seen_cpus() const {
  std::vector<int> cpus;
  for (uint32_t l = 0; l < lane_count_; ++l)
    cpus.push_back(lanes_[l].seen_cpu.load(std::memory_order_relaxed));
  return cpus;
}

std::string Executor::warning() const {
  std::lock_guard lock(warning_mutex_);
  return warning_;
}

void Executor::warn(const std::string& text) {
  std::lock_guard lock(warning_mutex_);
  if (warning_.size() > tuning::kWarningBytes) return;
  if (!warning_.empty()) warning_ += "; ";
  warning_ += text;
  if (warning_.size() > tuning::kWarningBytes) warning_ += "; and more";
}

}  // namespace takt
