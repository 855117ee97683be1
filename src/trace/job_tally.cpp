#include "trace/job_tally.h"

#include <algorithm>
#include <bit>

#include "base/quantile.h"

namespace takt {

// Below 2^7 a bucket is one value; above, the highest 7 bits of a value choose it.
uint32_t JobTally::bucket_of(uint64_t ns) {
  ns = std::min(ns, (uint64_t{1} << kValueBits) - 1);
  const auto width = static_cast<uint32_t>(std::bit_width(ns));
  const uint32_t shift = width > kSubBits + 1 ? width - (kSubBits + 1) : 0;
  return (shift << kSubBits) + static_cast<uint32_t>(ns >> shift);
}

Nanos JobTally::upper_end(uint32_t bucket) {
  if (bucket < 2u << kSubBits) return Nanos(bucket);
  const uint32_t shift = (bucket >> kSubBits) - 1;
  const uint64_t top = bucket - (shift << kSubBits);
  return Nanos(static_cast<int64_t>(((top + 1) << shift) - 1));
}

void JobTally::note_end(JobOutcome outcome, Nanos response) {
  add(outcomes_[static_cast<size_t>(outcome)]);
  if (outcome == JobOutcome::kShed) return;
  const auto ns = static_cast<uint64_t>(std::max(response, Nanos(0)).ns);
  add(responses_[bucket_of(ns)]);
  if (ns > response_max_.load(std::memory_order_relaxed))
    response_max_.store(ns, std::memory_order_relaxed);
}

Nanos JobTally::quantile_of(uint64_t responses, int per_mille) const {
  size_t rank = nearest_rank(responses, per_mille);
  const Nanos max(static_cast<int64_t>(response_max_.load(std::memory_order_relaxed)));
  for (uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
    const uint64_t here = responses_[bucket].load(std::memory_order_relaxed);
    if (rank < here) return std::min(upper_end(bucket), max);
    rank -= here;
  }
  return max;
}

TaskFigures JobTally::figures(const std::string& name) const {
  TaskFigures figures;
  figures.name = name;
  const auto outcome = [this](JobOutcome which) {
    return static_cast<int64_t>(
        outcomes_[static_cast<size_t>(which)].load(std::memory_order_relaxed));
  };
  figures.done = outcome(JobOutcome::kDone);
  figures.missed = outcome(JobOutcome::kMissed);
  figures.shed = outcome(JobOutcome::kShed);
  const int64_t ended = figures.done + figures.missed + figures.shed;
  figures.jobs =
      std::max(static_cast<int64_t>(released_.load(std::memory_order_relaxed)), ended);
  figures.lost = figures.jobs - ended;
  uint64_t responses = 0;
  for (const Count& count : responses_) responses += count.load(std::memory_order_relaxed);
  if (responses == 0) return figures;
  figures.response_p50 = quantile_of(responses, 500);
  figures.response_p95 = quantile_of(responses, 950);
  figures.response_p99 = quantile_of(responses, 990);
  figures.response_max = Nanos(static_cast<int64_t>(response_max_.load()));
  return figures;
}

}  // namespace takt
