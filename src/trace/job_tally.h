// JobTally: what became of the jobs of one task, in bounded memory however many there are:
// counts, and response times in buckets of at most 1/64 of their value (as HdrHistogram does).
//
// Threads: note_*() by one at a time, figures() by any; it sees each count, not all of one moment.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "base/nanos.h"
#include "model/trace_event.h"
#include "trace/figures.h"

namespace takt {

class JobTally {
 public:
  void note_release() { add(released_); }
  // `response`: release to end; not used for what was shed.
  void note_end(JobOutcome outcome, Nanos response);

  // As task_figures(), but quantiles are up to 1/64 too high; `lost` counts jobs that are still
  // running as well, `stray` is not known.
  TaskFigures figures(const std::string& name) const;

 private:
  using Count = std::atomic<uint64_t>;
  static constexpr uint32_t kSubBits = 6;
  static constexpr uint32_t kValueBits = 42;   // of a response: 73 minutes, in ns
  static constexpr uint32_t kBuckets = (kValueBits - kSubBits + 1) << kSubBits;

  static void add(Count& count) {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  static uint32_t bucket_of(uint64_t ns);
  static Nanos upper_end(uint32_t bucket);
  Nanos quantile_of(uint64_t responses, int per_mille) const;

  Count released_{0};
  std::array<Count, 3> outcomes_{};            // by JobOutcome
  Count response_max_{0};
  std::array<Count, kBuckets> responses_{};
};

}  // namespace takt
