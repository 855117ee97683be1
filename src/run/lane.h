// RunLane: one thing that runs one operation at a time. It belongs to its worker thread, to
// a thread that donates itself, or to nobody; executor.h says how it changes hands.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/event_ring.h"
#include "base/nanos.h"
#include "dispatch/policy.h"
#include "dispatch/steadiness.h"
#include "model/trace_event.h"
#include "run/mailbox.h"
#include "run/program.h"
#include "run/submission.h"
#include "run/worker_thread.h"

namespace takt {

struct alignas(64) RunLane {
  // Shared with other threads.
  std::atomic<uint64_t> section{0};       // odd: may be looking at any submission in flight
  std::atomic<bool> idle{false};          // awake, looking for work
  // When it is expected to be done with what a policy gave it; in the past: unknown.
  std::atomic<int64_t> busy_until_ns{0};
  std::atomic<int64_t> unsteady_until_ns{INT64_MIN};   // it has lost its cpu lately (steadiness.h)
  alignas(64) std::atomic<uint32_t> wake_word{0};
  std::atomic<int64_t> sleep_until_ns{0};
  std::atomic<uint64_t> operations{0};    // written by the owner only
  std::atomic<uint64_t> wakes{0};
  // While watched: how many items it has begun << 32 | the label of the last. Owner only.
  std::atomic<uint64_t> running{0};
  std::atomic<int> thread_id{0};          // of its worker, as the kernel knows it
  std::atomic<int> seen_cpu{-1};          // where its worker was once it was set up
  Mailbox mail;

  // The owner's own.
  alignas(64) uint32_t index = 0;
  int cpu = -1;
  bool watched = false;
  LaneMask helps;                         // lanes whose planned operations it may take
  std::vector<uint16_t> nearest;          // all other lanes
  std::vector<uint32_t> accelerators;     // it can drive; nearly always none or one
  LaneContext context;
  uint64_t busy_since = 0;                // ticks; start of the current stretch of work
  Submission* kept = nullptr;             // the batch is of items that this lane made ready
                                          //   and nobody else has been told of
  std::vector<uint32_t> batch;            // items of one submission that are this lane's
  uint32_t batch_limit = 1;               // how many it may be
  uint32_t ready_hint = 0;                // word of ready bits where it last found some
  Submission letter;                      // what done() of a letter gets
  std::vector<uint32_t> done;             // scratch of run_batch()
  std::vector<uint32_t> ready_items;      // scratch of finish()
  std::vector<uint32_t> joins;            // scratch of finish()
  std::vector<Candidate> candidates;      // scratch of choose()
  std::vector<Submission*> candidate_of;
  std::vector<uint8_t> candidate_slot;    // where that is in flight
  std::vector<Nanos> free_at;             // of every lane, as seen when it last asked a policy
  LaneMask idle_lanes;                    // likewise
  std::vector<LaneLoad> loads;            // scratch of place()
  uint32_t last_kernel = 0;               // of what a policy last gave it
  uint64_t last_submission = 0;
  Steadiness steadiness;
  ReplanReason replan = ReplanReason::kNone;   // of the last answer
  std::unique_ptr<EventRing<TraceEvent>> ring;

  WorkerThread worker;

  // Owner only.
  void tell_steadiness() {
    const int64_t until = steadiness.until().ns;
    if (unsteady_until_ns.load(std::memory_order_relaxed) != until)
      unsteady_until_ns.store(until, std::memory_order_relaxed);
  }
  void begin_item(uint32_t label) {
    const uint64_t begun = (running.load(std::memory_order_relaxed) >> 32) + 1;
    running.store(begun << 32 | label, std::memory_order_relaxed);
  }
};

}  // namespace takt
