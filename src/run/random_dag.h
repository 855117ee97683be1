// For tests of this room: a random program whose items check their own rules. Each item
// counts its tiles, and on entry looks whether everything it depends on is done. Some items may
// have a variant for an accelerator, which may fail or hang.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "run/accelerator_unit.h"
#include "run/program.h"
#include "run/submission.h"
#include "run/ticks.h"

namespace takt {

class RandomDag {
 public:
  explicit RandomDag(Rng& rng, uint32_t items_max = 60, bool accelerators = false) {
    const uint32_t count = 1 + uint32_t(rng.below(items_max));
    deps_.resize(count);
    for (uint32_t n = 0; n < count; ++n) {
      tiles_.push_back(rng.below(3) ? 1 : 1 + uint32_t(rng.below(20)));
      for (uint32_t p = n > 8 ? n - 8 : 0; p < n; ++p)
        if (rng.below(4) == 0) deps_[n].push_back(p);
    }
    contexts_.resize(count);
    std::vector<WorkItem> items;
    for (uint32_t n = 0; n < count; ++n) {
      contexts_[n] = {this, n};
      items.push_back({run_tiles, &contexts_[n], tiles_[n], n});
      if (!accelerators || rng.below(2) != 0) continue;
      items[n].kernel = 1 + uint32_t(rng.below(4));
      items[n].duration = micros(int64_t(rng.below(20)));   // some unknown
      items[n].on_accelerator = run_on_accelerator;
      items[n].accelerator_duration = micros(1 + int64_t(rng.below(10)));
    }
    program = Program::from_deps(std::move(items), deps_);
  }

  // One run of the program: what happened to every tile.
  struct Run {
    explicit Run(const RandomDag& from)
        : dag(&from), done(from.deps_.size()), accelerated(from.deps_.size()) {
      for (uint32_t n = 0; n < done.size(); ++n)
        tiles.push_back(std::make_unique<std::atomic<uint32_t>[]>(from.tiles_[n]));
    }
    const RandomDag* dag;
    std::vector<std::atomic<uint32_t>> done;                       // tiles done, per item
    std::vector<std::unique_ptr<std::atomic<uint32_t>[]>> tiles;   // runs, per tile
    std::vector<std::atomic<uint32_t>> accelerated;                // runs on accelerators, per item
    std::atomic<uint32_t> early{0};                                // items begun too early
    std::atomic<uint32_t> ends{0};                                 // calls of done()
    std::atomic<uint32_t> faults{0};
    std::atomic<uint32_t> overlaps{0};                             // of two owners of a lane, or of
                                                                   // an accelerator
    uint32_t fail_item = UINT32_MAX;                               // returns a fault
    Fault (*make_fault)() = nullptr;                               // which; none: the run
    std::vector<Nanos> not_before;                                 // per item; empty: no times
    std::atomic<uint32_t>* lane_users = nullptr;                   // per lane; none: not counted
    std::atomic<uint32_t>* accelerator_users = nullptr;            // likewise
    uint32_t fails_of = 0, hangs_of = 0;   // of so many items one does on accelerators; 0: none
  };

  // True when item `n` ran as often as it had to: every tile once, and on an accelerator at most
  // once before that (when that failed); or on an accelerator only.
  static bool ran_once(const Run& run, uint32_t n) {
    const uint32_t tiles = run.dag->tiles_[n];
    if (run.done[n] == 0) return run.accelerated[n] == 1;
    if (run.accelerated[n] > 1 || run.done[n] != tiles) return false;
    for (uint32_t t = 0; t < tiles; ++t)
      if (run.tiles[n][t] != 1) return false;
    return true;
  }

  // Every tile ran exactly once and nothing began early.
  static bool complete(const Run& run) {
    if (run.early || run.ends != 1) return false;
    for (uint32_t n = 0; n < run.done.size(); ++n)
      if (!ran_once(run, n)) return false;
    return true;
  }

  // True when no tile ran twice or too early; *ran: how many did.
  static bool orderly(const Run& run, uint32_t* ran) {
    *ran = 0;
    for (uint32_t n = 0; n < run.done.size(); ++n) {
      if (run.accelerated[n] > 1) return false;
      if (run.done[n] == 0 && run.accelerated[n]) *ran += run.dag->tiles_[n];
      for (uint32_t t = 0; t < run.dag->tiles_[n]; ++t) {
        if (run.tiles[n][t] > 1) return false;
        *ran += run.tiles[n][t];
      }
    }
    return run.early == 0 && run.overlaps == 0;
  }

  uint32_t items() const { return uint32_t(deps_.size()); }

  // A random assignment to lanes: feasible because it follows the order of the items.
  Assignment random_assignment(Rng& rng, uint32_t lanes) const {
    Assignment plan;
    plan.items.resize(items());
    plan.by_lane.resize(lanes);
    for (uint32_t n = 0; n < items(); ++n) {
      PlannedItem& item = plan.items[n];
      item.start = micros(n);
      item.duration = micros(1);
      item.lanes.add(uint32_t(rng.below(lanes)));
      if (program.uses_accelerators() && (*program.facts())[n].on_accelerator && rng.below(2))
        item.unit = Unit::kAccelerator;
      if (rng.below(4) == 0) item.lanes.add(uint32_t(rng.below(lanes)));
      plan.lanes = plan.lanes | item.lanes;
      item.lanes.for_each([&](uint32_t l) { plan.by_lane[l].push_back(n); });
    }
    plan.end = micros(items());
    return plan;
  }

  Program program;

 private:
  struct Context {
    const RandomDag* dag;
    uint32_t item;
  };

  static Fault run_tiles(const void* context, const void* data, LaneContext& lane, uint32_t first,
                         uint32_t count) {
    const auto& [dag, item] = *static_cast<const Context*>(context);
    Run& run = *const_cast<Run*>(static_cast<const Run*>(data));
    look_at_inputs(run, item);
    std::atomic<uint32_t>* const users = run.lane_users ? run.lane_users + lane.lane : nullptr;
    if (users && users->fetch_add(1) != 0) run.overlaps.fetch_add(1);
    lane.scratch(64)[0] = std::byte(item);   // races if two owners share a lane
    for (uint32_t t = first; t < first + count; ++t)
      run.tiles[item][t].fetch_add(1, std::memory_order_relaxed);
    run.done[item].fetch_add(count, std::memory_order_relaxed);
    if (users) users->fetch_sub(1);
    return item == run.fail_item ? fault_of(run) : nullptr;
  }

  static void look_at_inputs(Run& run, uint32_t item) {
    for (uint32_t p : run.dag->deps_[item])
      if (run.done[p].load(std::memory_order_relaxed) != run.dag->tiles_[p] &&
          run.accelerated[p].load(std::memory_order_relaxed) == 0)
        run.early.fetch_add(1);
    if (!run.not_before.empty() && monotonic_now() < run.not_before[item]) run.early.fetch_add(1);
  }

  static Fault fault_of(Run& run) { return run.make_fault ? run.make_fault() : Fault(&run); }

  static Fault run_on_accelerator(const void* context, const void* data, LaneContext& lane,
                                  const AcceleratorUse& use) {
    const auto& [dag, item] = *static_cast<const Context*>(context);
    Run& run = *const_cast<Run*>(static_cast<const Run*>(data));
    look_at_inputs(run, item);
    lane.scratch(64)[0] = std::byte(item);
    if (run.hangs_of && item % run.hangs_of == 0) {
      while (!use.lost()) cpu_relax();
      return nullptr;
    }
    std::atomic<uint32_t>* const users =
        run.accelerator_users ? run.accelerator_users + use.accelerator() : nullptr;
    if (users && users->fetch_add(1) != 0) run.overlaps.fetch_add(1);
    if (run.done[item] != 0) run.early.fetch_add(1);   // cores have begun on it
    const bool fails = item == run.fail_item || (run.fails_of && item % run.fails_of == 1);
    if (!fails) run.accelerated[item].fetch_add(1, std::memory_order_relaxed);
    if (users) users->fetch_sub(1);
    return fails ? fault_of(run) : nullptr;
  }

  std::vector<std::vector<uint32_t>> deps_;
  std::vector<uint32_t> tiles_;
  std::vector<Context> contexts_;
};

inline void end_of_run(Submission& submission, Fault fault) {
  auto& run = *static_cast<RandomDag::Run*>(submission.owner);
  if (fault) run.faults.fetch_add(1);
  run.ends.fetch_add(1, std::memory_order_release);
}

}  // namespace takt
