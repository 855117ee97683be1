// TraceCollector: turns the workers' event rings into a Trace.
//
// Each worker pushes into its own EventRing; one thread (the runner) owns the collector
// and calls drain() often enough that no ring fills up. Events that did not fit, in a
// ring or above `max_events`, are counted in Trace::dropped, never silently lost. A collector that
// keeps the tail of an endless run forgets the oldest instead; that is no loss.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/event_ring.h"
#include "model/trace_event.h"

namespace takt {

using TraceRing = EventRing<TraceEvent>;

class TraceCollector {
 public:
  // 48 bytes an event: the default bounds a trace to about 400 MB.
  static constexpr size_t kMaxEvents = size_t{1} << 23;

  enum class Keep { kFirst, kLast };       // of more than max_events

  TraceCollector(std::vector<std::string> lanes, std::vector<std::string> tasks,
                 size_t max_events = kMaxEvents, Keep keep = Keep::kFirst);

  // `ring` must outlive the collector.
  void watch(TraceRing& ring) { rings_.push_back(&ring); }

  // For events of the owning thread itself (releases, job ends).
  void add(const TraceEvent& event);

  void drain();

  // Drains for the last time; the collector is empty afterwards. Events are sorted by
  // begin, and those with the same begin keep the order in which they were collected.
  Trace finish(Nanos origin);

 private:
  Trace trace_;
  std::vector<TraceRing*> rings_;
  size_t max_events_;
  Keep keep_;
  size_t oldest_ = 0;                      // of a full collector that keeps the last
};

}  // namespace takt
