#include "trace/collector.h"

#include <algorithm>
#include <utility>

namespace takt {

TraceCollector::TraceCollector(std::vector<std::string> lanes, std::vector<std::string> tasks,
                               size_t max_events, Keep keep)
    : max_events_(max_events), keep_(keep) {
  trace_.lanes = std::move(lanes);
  trace_.tasks = std::move(tasks);
}

void TraceCollector::add(const TraceEvent& event) {
  if (trace_.events.size() < max_events_) return trace_.events.push_back(event);
  if (keep_ == Keep::kFirst) {
    ++trace_.dropped;
  } else if (max_events_ > 0) {
    trace_.events[oldest_] = event;
    oldest_ = (oldest_ + 1) % max_events_;
  }
}

void TraceCollector::drain() {
  for (TraceRing* ring : rings_) ring->drain([this](const TraceEvent& event) { add(event); });
}

Trace TraceCollector::finish(Nanos origin) {
  drain();
  for (const TraceRing* ring : rings_) trace_.dropped += ring->dropped();
  rings_.clear();
  trace_.origin = origin;
  std::rotate(trace_.events.begin(),
              trace_.events.begin() + static_cast<std::ptrdiff_t>(std::exchange(oldest_, 0)),
              trace_.events.end());
  std::stable_sort(trace_.events.begin(), trace_.events.end(),
                   [](const TraceEvent& a, const TraceEvent& b) { return a.begin < b.begin; });
  return std::exchange(trace_, {});
}

}  // namespace takt
