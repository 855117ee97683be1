#include "run/watchdog.h"

#include "base/check.h"

namespace takt {
namespace {

// Looks in one bound: a report comes at most a quarter of it late.
constexpr int64_t kLooks = 4;

}  // namespace

std::string LaneReport::text(Nanos now) const {
  const std::string time = std::to_string((now - since).ns / 1'000'000) + " ms";
  if (kind == Kind::kWatchLate)
    return "the watch thread came " + time + " late: real-time threads leave no cpu for others";
  const std::string who = "lane " + std::to_string(lane) + " on cpu " + std::to_string(cpu);
  switch (kind) {
    case Kind::kStuck:
      return who + " is stuck in item " + std::to_string(label) + " for " + time;
    case Kind::kStarved:
      return who + " gets no cpu for " + time + ", in item " + std::to_string(label);
    default:
      return who + " moves again after " + time;
  }
}

Watchdog::Watchdog(uint32_t lanes, Nanos bound, Nanos now)
    : bound_(bound), due_(now + bound / kLooks), lanes_(lanes) {
  CHECK(bound > Nanos(0));
  for (Lane& lane : lanes_) lane.moved = now;
}

bool Watchdog::still(uint32_t index, const LaneSample& sample) const {
  const Lane& lane = lanes_[index];
  return sample.owned && lane.owned && sample.progress == lane.progress;
}

void Watchdog::look(const std::vector<LaneSample>& samples, Nanos now,
                    std::vector<LaneReport>* reports) {
  CHECK(samples.size() == lanes_.size());
  if (now - due_ > bound_)
    reports->push_back({.kind = LaneReport::Kind::kWatchLate, .since = due_});
  due_ = now + bound_ / kLooks;
  for (uint32_t l = 0; l < lanes_.size(); ++l) {
    Lane& lane = lanes_[l];
    const LaneSample& sample = samples[l];
    if (!still(l, sample)) {
      if (lane.reported)
        reports->push_back({.kind = LaneReport::Kind::kBack, .lane = l, .since = lane.moved});
      lane = {.owned = sample.owned, .progress = sample.progress, .moved = now};
      continue;
    }
    ++lane.samples;
    lane.waits += sample.waits_for_cpu;
    if (lane.reported || now - lane.moved < bound_) continue;
    lane.reported = true;
    // A thread that runs is caught waiting now and then: more often than not counts.
    const bool starved = 2 * lane.waits > lane.samples;
    reports->push_back({.kind = starved ? LaneReport::Kind::kStarved : LaneReport::Kind::kStuck,
                        .lane = l,
                        .since = lane.moved});
  }
}

}  // namespace takt
