// ProofEngine: works on the levels of the objective in their order, until each is proven or its
// share of the time has passed: destructive bounds first, then CP-SAT between the bound and
// the best schedule.
//
// CP-SAT cannot be told of a better schedule while it runs. When one is found it starts over, as
// long as all it has thrown away that way is at most kWaste of the level's time: the last run
// has the rest of it to itself.
//
// Threads: run() by one thread; improved() from any thread, also under the board's lock.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "solve/bounds/lane_sets.h"
#include "solve/engines/solve_context.h"
#include "solve/exact/cpsat_engine.h"

namespace takt {

class ProofEngine {
 public:
  explicit ProofEngine(SolveContext& context);

  // Until the time, the board's stop, or until it can do no more for any level.
  void run(Nanos until);
  // The board has a better schedule.
  void improved(const Score& score);

  // Bounds of every level, once, before there are sharper ones. run() begins with them.
  void raise_quick_bounds();
  Nanos quick_bounds_estimate() const;           // roughly the time they take
  // What CP-SAT did, or why it stayed out: one sentence.
  std::string exact_summary() const;

 private:
  // One run of CP-SAT, as improved() sees it.
  struct Run {
    Level level = Level::kMakespan;
    int64_t lower = 0, upper = 0;
    Score from;                        // of the schedule it started from
    Nanos begun, waste_left;
    std::stop_source stop;
  };

  bool over(Nanos until) const;
  void pass(Nanos until);
  void prove(Level level, Nanos until);
  void sharpen(Level level, Nanos until);
  void look_at_pairs(Level level, Nanos until);
  void ask_cpsat(Level level, Nanos until);
  bool ask_once(Level level, Nanos until, Nanos waste_left);
  void take(const exact::CpQuestion& question, const Limits& given,
            const exact::CpSatOutcome& outcome);
  void give_up(Level level);
  bool fits() const;

  SolveContext& context_;
  const Objective objective_;
  std::optional<LaneSets> sets_;
  std::optional<exact::CpSatLibrary> library_;
  bool opened_ = false;
  std::string left_out_;               // why CP-SAT is not used (any more)
  int64_t questions_ = 0, proofs_ = 0, schedules_ = 0;
  bool nothing_fits_ = false;          // proven

  std::mutex mutex_;                   // guards run_
  std::optional<Run> run_;
};

}  // namespace takt
