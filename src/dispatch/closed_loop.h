// ClosedLoop: a list scheduler of one screen, for tests: random DAGs on lanes and one accelerator
// in virtual time, every decision by the policy. It checks what a caller relies on: everything
// ends, the answers are allowed, and lanes that are refused work know when to ask again.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/rng.h"
#include "dispatch/policy.h"

namespace takt {

class ClosedLoop {
 public:
  struct Operation {
    Candidate view;                    // what does not change: duration, criticality, ...
    std::vector<uint32_t> inputs;      // earlier operations
    uint32_t lane = 0;                 // of the plan
    Nanos begin = Nanos::max(), end = Nanos::max();
    bool shed = false;
    LaneMask placed;
  };

  // Random operations in submissions of 1 to 12 with inputs in the same submission; durations in
  // a wide range, any criticality, some released later, some for the accelerator (a few only for
  // it); `planned` of 4 submissions have a plan that a list scheduler makes.
  ClosedLoop(Rng& rng, uint32_t lanes, uint32_t operations, uint32_t planned_of_4)
      : lanes_(lanes) {
    uint64_t submission = 0;
    while (operations_.size() < operations) {
      ++submission;
      const Nanos release = rng.below(2) ? Nanos::min() : micros(int64_t(rng.below(3000)));
      const auto criticality = Criticality(rng.below(4));
      const Nanos deadline = rng.below(3) ? micros(int64_t(500 + rng.below(20'000))) : Nanos::max();
      const bool planned = rng.below(4) < planned_of_4;
      const uint32_t first = uint32_t(operations_.size());
      const uint32_t count = 1 + uint32_t(rng.below(12));
      for (uint32_t i = 0; i < count; ++i) {
        Operation o;
        o.view = random_view(rng, submission, i, release, deadline, criticality);
        o.view.planned = planned;
        for (uint32_t input = 0; input < i; ++input)
          if (rng.below(3) == 0) o.inputs.push_back(first + input);
        operations_.push_back(o);
      }
      set_remaining(first);
    }
    make_plan();
  }

  // Runs it all; returns how many operations were run (the rest was shed).
  uint32_t run(const Policy& policy) {
    std::vector<uint32_t> running(lanes_, kIdle);
    std::vector<Nanos> idle_since(lanes_);
    Nanos now;
    for (uint64_t looks = 0;; ++looks) {
      EXPECT_LT(looks, 10'000u + 200 * operations_.size()) << policy.name() << " runs in circles";
      if (looks > 10'000 + 200 * operations_.size()) return 0;
      place_ready(policy, running, now);
      Nanos next = Nanos::max();
      bool changed = true;
      while (changed) {
        changed = false;
        for (uint32_t lane = 0; lane < lanes_; ++lane) {
          if (running[lane] != kIdle) continue;
          const Decision d = ask(policy, lane, running, now - idle_since[lane], now);
          if (d.shed >= 0) {
            shed(offered_[size_t(d.shed)]);
            changed = true;
          }
          if (d.candidate >= 0) {
            start(lane, offered_[size_t(d.candidate)], d.unit, running, now);
            changed = true;
          } else {
            next = std::min(next, d.wait_until);
          }
        }
      }
      for (const Operation& o : operations_)
        if (o.begin != Nanos::max() && o.end > now) next = std::min(next, o.end);
      if (done()) return uint32_t(std::ranges::count_if(operations_, [](const Operation& o) {
          return o.end != Nanos::max(); }));
      EXPECT_NE(next, Nanos::max()) << policy.name() << ": work is left and nobody comes back";
      EXPECT_GT(next, now) << policy.name();
      if (next == Nanos::max() || next <= now) return 0;
      now = next;
      for (uint32_t lane = 0; lane < lanes_; ++lane) {
        if (running[lane] == kIdle || operations_[running[lane]].end > now) continue;
        if (accelerator_user_ == running[lane]) accelerator_user_ = kIdle;
        running[lane] = kIdle;
        idle_since[lane] = now;
      }
    }
  }

  const std::vector<Operation>& operations() const { return operations_; }

 private:
  static constexpr uint32_t kIdle = ~0u;

  static Candidate random_view(Rng& rng, uint64_t submission, uint32_t op, Nanos release,
                               Nanos deadline, Criticality criticality) {
    Candidate c;
    c.submission = submission;
    c.op = op;
    c.kernel = uint32_t(rng.below(5));
    c.release = release;
    c.deadline = deadline;
    c.criticality = criticality;
    c.priority = int(rng.below(3));
    c.absolute = true;
    c.duration = rng.below(8) ? micros(int64_t(1 + rng.below(rng.below(4) ? 100 : 3000)))
                              : Nanos(0);
    if (rng.below(3) == 0) {
      c.accelerator_duration = micros(int64_t(1 + rng.below(300)));
      c.on_core = rng.below(3) > 0;
    }
    return c;
  }

  static Nanos length(const Operation& o, Unit unit) {
    if (unit == Unit::kAccelerator) return o.view.accelerator_duration;
    return o.view.duration > Nanos(0) ? o.view.duration : micros(7);
  }

  static Nanos shortest(const Operation& o) {
    const Nanos npu = o.view.accelerator_duration;
    if (!o.view.on_core) return npu;
    const Nanos core = length(o, Unit::kCore);
    return npu > Nanos(0) ? std::min(npu, core) : core;
  }

  void set_remaining(uint32_t first) {
    for (uint32_t i = first; i < operations_.size(); ++i)
      operations_[i].view.remaining = shortest(operations_[i]);
    for (uint32_t i = uint32_t(operations_.size()); i-- > first;) {
      for (uint32_t input : operations_[i].inputs) {
        Nanos& remaining = operations_[input].view.remaining;
        remaining = std::max(remaining, shortest(operations_[input]) +
                                            operations_[i].view.remaining);
      }
    }
  }

  // In order of submission, each on the lane that ends it first.
  void make_plan() {
    std::vector<Nanos> free_at(lanes_);
    Nanos accelerator_free_at;
    for (Operation& o : operations_) {
      if (!o.view.planned) continue;
      Nanos earliest = std::max(o.view.release, Nanos(0));
      for (uint32_t input : o.inputs)
        earliest = std::max(earliest, operations_[input].view.start +
                                          operations_[input].view.owner_duration);
      o.lane = uint32_t(std::ranges::min_element(free_at) - free_at.begin());
      o.view.planned_unit = o.view.on_core ? Unit::kCore : Unit::kAccelerator;
      const bool npu = o.view.planned_unit == Unit::kAccelerator;
      if (npu) earliest = std::max(earliest, accelerator_free_at);
      o.view.start = std::max(earliest, free_at[o.lane]);
      o.view.owner_duration = length(o, o.view.planned_unit);
      free_at[o.lane] = o.view.start + o.view.owner_duration;
      if (npu) accelerator_free_at = free_at[o.lane];
    }
  }

  static bool unsteady(uint32_t lane) { return lane % 4 == 1; }
  bool open(const Operation& o) const { return o.begin == Nanos::max() && !o.shed; }
  bool ready(const Operation& o, Nanos now) const {
    return std::ranges::all_of(o.inputs, [&](uint32_t i) { return operations_[i].end <= now; });
  }
  bool done() const { return std::ranges::none_of(operations_, [&](auto& o) { return open(o); }); }

  void shed(uint32_t index) {
    EXPECT_GE(operations_[index].view.criticality, Criticality::kSoft);
    for (Operation& o : operations_)
      if (o.view.submission == operations_[index].view.submission && open(o)) o.shed = true;
  }

  void place_ready(const Policy& policy, const std::vector<uint32_t>& running, Nanos now) {
    if (!policy.places()) return;
    std::vector<LaneLoad> loads(lanes_);
    for (uint32_t lane = 0; lane < lanes_; ++lane) {
      loads[lane].lane = lane;
      loads[lane].awake = lane % 3 == 0;
      if (running[lane] != kIdle) loads[lane].backlog = operations_[running[lane]].end - now;
    }
    for (Operation& o : operations_) {
      if (!open(o) || o.view.planned || !o.placed.empty() || !ready(o, now)) continue;
      o.placed = policy.place(o.view, loads, 1);
      EXPECT_TRUE((o.placed - LaneMask::first(lanes_)).empty()) << policy.name();
      EXPECT_LE(o.placed.count(), 1u) << policy.name();
      for (uint32_t lane = 0; lane < lanes_; ++lane)
        if (o.placed.has(lane)) loads[lane].backlog += o.view.duration;
    }
  }

  Decision ask(const Policy& policy, uint32_t lane, const std::vector<uint32_t>& running,
               Nanos idle, Nanos now) {
    std::vector<Candidate> candidates;
    offered_.clear();
    bool next_of_plan = true;
    for (uint32_t i = 0; i < operations_.size() && candidates.size() < 32; ++i) {
      const Operation& o = operations_[i];
      if (!open(o)) continue;
      Candidate c = o.view;
      c.ready = ready(o, now);
      c.bound = c.planned && o.lane == lane;
      // Like the executor: of what is not ready only the next of the plan and what is announced.
      if (!c.ready && !(c.bound && next_of_plan) && c.release <= now) continue;
      if (c.bound) next_of_plan = false;
      c.placed = o.placed.empty() || o.placed.has(lane);
      const uint32_t owner = c.planned ? o.lane : o.placed.empty() ? lane : o.placed.least();
      c.owner_idle = owner != lane && running[owner] == kIdle;
      if (running[owner] != kIdle) c.owner_free_at = operations_[running[owner]].end;
      c.accelerator_free = c.accelerator_duration > Nanos(0) && accelerator_user_ == kIdle;
      if (accelerator_user_ != kIdle) c.accelerator_free_at = operations_[accelerator_user_].end;
      candidates.push_back(c);
      offered_.push_back(i);
    }
    LaneView view{lane, lanes_, idle};
    view.others_idle = uint32_t(std::ranges::count(running, kIdle)) - 1;
    view.unsteady = unsteady(lane);
    for (uint32_t other = 0; other < lanes_; ++other)
      view.others_steady += other != lane && running[other] == kIdle && !unsteady(other);
    for (uint32_t other = 0; other < lanes_; ++other) {
      if (running[other] == kIdle) continue;
      const Nanos end = operations_[running[other]].end;
      view.others_free_at = std::min(view.others_free_at, end);
      if (!unsteady(other)) view.steady_free_at = std::min(view.steady_free_at, end);
    }
    return policy.choose(view, candidates, now);
  }

  void start(uint32_t lane, uint32_t index, Unit unit, std::vector<uint32_t>& running, Nanos now) {
    Operation& o = operations_[index];
    ASSERT_TRUE(open(o) && ready(o, now) && o.view.release <= now);
    if (unit == Unit::kAccelerator) {
      ASSERT_EQ(accelerator_user_, kIdle);
      ASSERT_GT(o.view.accelerator_duration, Nanos(0));
      accelerator_user_ = index;
    } else {
      ASSERT_TRUE(o.view.on_core);
    }
    o.begin = now;
    o.end = now + length(o, unit);
    running[lane] = index;
  }

  uint32_t lanes_;
  std::vector<Operation> operations_;
  std::vector<uint32_t> offered_;      // the candidates of the last question
  uint32_t accelerator_user_ = kIdle;
};

}  // namespace takt
