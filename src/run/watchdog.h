// Watchdog: notices lanes that own work and make no progress, and its own lateness. Pure: samples
// and times go in, reports come out; the executor's watch thread (watch.cpp) takes the samples.
//
// A lane is stuck when its thread runs or sleeps inside one item for longer than the bound;
// starved when its thread could run but gets no cpu (a real-time thread, or a co-tenant, has it).
// Each is reported once, and once more when the lane moves again. When the watch thread itself
// comes late by more than the bound, real-time threads leave no cpu for anybody else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/nanos.h"

namespace takt {

struct LaneSample {
  bool owned = false;            // somebody runs the lane; else it is parked and has no work
  uint64_t progress = 0;         // changes with everything the lane does
  bool waits_for_cpu = false;    // its thread is runnable and does not run
};

struct LaneReport {
  enum class Kind : uint8_t { kStuck, kStarved, kBack, kWatchLate };
  static constexpr uint32_t kNoLane = UINT32_MAX;

  Kind kind = Kind::kStuck;
  uint32_t lane = kNoLane;       // kWatchLate: none
  Nanos since;                   // it was last seen to move, or (kWatchLate) was to look
  // Filled in by the executor:
  int cpu = -1;                  // where its thread was last
  uint32_t label = 0;            // of the item it is in, WorkItem::label
  // "lane 3 on cpu 7 is stuck in item 12 since 105 ms"
  std::string text(Nanos now) const;
};

class Watchdog {
 public:
  // REQUIRES: bound > 0
  Watchdog(uint32_t lanes, Nanos bound, Nanos now);

  Nanos bound() const { return bound_; }
  // When to look again.
  Nanos next_look() const { return due_; }
  // True when the lane has not moved since the last look: only then `waits_for_cpu` matters.
  bool still(uint32_t lane, const LaneSample& sample) const;
  // One sample per lane. Appends what there is to report.
  void look(const std::vector<LaneSample>& samples, Nanos now, std::vector<LaneReport>* reports);

 private:
  struct Lane {
    bool owned = false;
    uint64_t progress = 0;
    Nanos moved;                 // when it was last seen to move
    uint32_t waits = 0;          // samples since then in which it waited for a cpu
    uint32_t samples = 0;
    bool reported = false;
  };

  Nanos bound_;
  Nanos due_;
  std::vector<Lane> lanes_;
};

}  // namespace takt
