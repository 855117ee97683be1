// Guidance: what a search compares where the ranking alone is flat. A count of misses says
// nothing about how far a late job is from its deadline, so under guidance the lateness behind
// an unsettled count is compared right after it.
#pragma once

#include <compare>
#include <cstdint>

#include "solve/score.h"
#include "solve/score_keeper.h"

namespace takt {

struct Guided {
  Score score;
  int64_t hard_lateness = 0, firm_lateness = 0;

  static Guided of(const ScoreKeeper& keeper) {
    return {keeper.score(), keeper.lateness(Criticality::kHard),
            keeper.lateness(Criticality::kFirm)};
  }
};

// By overrun and the objective's levels, each unsettled count followed by the lateness behind it.
inline std::strong_ordering compare_levels(const Ranking& ranking, const Guided& a,
                                           const Guided& b) {
  if (a.score.overrun != b.score.overrun) return a.score.overrun <=> b.score.overrun;
  for (const LevelSpec& spec : ranking.objective()) {
    const int64_t enough = ranking.enough(spec.level);
    const int64_t value_a = std::max(a.score[spec.level], enough);
    const int64_t value_b = std::max(b.score[spec.level], enough);
    if (value_a != value_b) return value_a <=> value_b;
    if (value_a == enough) continue;
    if (spec.level == Level::kHardMisses && a.hard_lateness != b.hard_lateness)
      return a.hard_lateness <=> b.hard_lateness;
    if (spec.level == Level::kFirmMisses && a.firm_lateness != b.firm_lateness)
      return a.firm_lateness <=> b.firm_lateness;
  }
  return std::strong_ordering::equal;
}

// As Ranking::compare when `guided` is false. A total order either way.
inline std::strong_ordering compare(const Ranking& ranking, bool guided, const Guided& a,
                                    const Guided& b) {
  const auto levels = guided ? compare_levels(ranking, a, b) : std::strong_ordering::equal;
  return levels != 0 ? levels : ranking.compare(a.score, b.score);
}

// Whether `a` is better than `b` on the first level that is not settled for both, or closer to
// it: what a search calls progress, as against the little there always is further down.
inline bool progress(const Ranking& ranking, const Guided& a, const Guided& b) {
  if (a.score.overrun != b.score.overrun) return a.score.overrun < b.score.overrun;
  for (const LevelSpec& spec : ranking.objective()) {
    const int64_t enough = ranking.enough(spec.level);
    if (a.score[spec.level] <= enough && b.score[spec.level] <= enough) continue;
    if (a.score[spec.level] != b.score[spec.level])
      return a.score[spec.level] < b.score[spec.level];
    if (spec.level == Level::kHardMisses) return a.hard_lateness < b.hard_lateness;
    if (spec.level == Level::kFirmMisses) return a.firm_lateness < b.firm_lateness;
    return false;
  }
  return false;
}

}  // namespace takt
