// AcceleratorUnit: one exclusive accelerator (an NPU) that lanes drive: the AcceleratorManager
// under a lock of its own, what lanes may know of it without the lock, and the word of each lane by
// which it is handed over. Nobody sleeps: a lane that waits is one that the manager expects to be
// served before its own core would be done; whoever is done names it by one store.
//
// Threads: all functions from any lane, at once; acquire() to release() by the same lane.
// Invariants: 1. Between acquire() and release() no other lane holds it, unless this one has lost
// it. 2. reset() runs while nobody holds it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/lane_mask.h"
#include "dispatch/accelerator.h"

namespace takt {

struct AcceleratorSpec {
  std::string name;
  LaneMask drivers;                // lanes that can drive it: the cores of its cluster
  AcceleratorOptions options;
  // Stops whatever it does, after a fault or a time-out. Called by a lane, under the lock.
  std::function<void()> reset;
};

class AcceleratorUnit {
 public:
  AcceleratorUnit(const AcceleratorSpec& spec, uint32_t lanes);

  const std::string& name() const { return spec_.name; }
  bool driven_by(uint32_t lane) const { return spec_.drivers.has(lane); }

  // When it can be had, as expected; Nanos::min(): now, max(): it is given up. Without the lock,
  // except when a reset or a time-out is due.
  Nanos free_at(Nanos now);

  // Asks for it and waits its turn. False: the core does it, sooner or because nothing else works.
  // REQUIRES: request.user is the calling lane, which may drive it and does not hold it
  bool acquire(const AcceleratorRequest& request);
  // The lane is done. `failed`: the accelerator is at fault, it is reset. False: the run does not
  // count, because it failed or the lane had lost the accelerator.
  bool release(uint32_t lane, bool failed);
  // True when the lane that held it has lost it: it took far longer than it said.
  bool lost(uint32_t lane);

  // Takes an accelerator that was given up into use again.
  void restore();
  AcceleratorStatistics statistics() const;

 private:
  enum class Turn : uint32_t { kNone, kWaiting, kGranted, kUseCore, kLost };
  struct alignas(64) Word {        // written by who decides, read by the lane
    std::atomic<Turn> turn{Turn::kNone};
  };

  Turn turn(uint32_t lane) const { return words_[lane].turn.load(std::memory_order_acquire); }
  void poll(Nanos now);
  void carry_out(const AcceleratorChange& change);
  void tell_state(Nanos now);

  const AcceleratorSpec spec_;
  std::unique_ptr<Word[]> words_;  // per lane
  mutable std::mutex mutex_;
  AcceleratorManager manager_;
  // Copies of what the manager knows, written under the lock.
  alignas(64) std::atomic<int64_t> free_at_ns_{Nanos::min().ns};
  std::atomic<int64_t> next_event_ns_{Nanos::max().ns};
};

// What a work item's variant for the accelerator is given: the accelerator is its alone.
class AcceleratorUse {
 public:
  AcceleratorUse(AcceleratorUnit& unit, uint32_t index, uint32_t lane)
      : unit_(unit), index_(index), lane_(lane) {}
  uint32_t accelerator() const { return index_; }   // in ExecutorOptions::accelerators
  // To be asked while it waits for the hardware; true: it has been reset, return at once.
  bool lost() const { return unit_.lost(lane_); }

 private:
  AcceleratorUnit& unit_;
  uint32_t index_;
  uint32_t lane_;
};

}  // namespace takt
