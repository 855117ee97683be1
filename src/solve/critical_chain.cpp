#include "solve/critical_chain.h"

#include <algorithm>

namespace takt {

ChainFinder::ChainFinder(const Problem& problem, const Schedule& schedule)
    : problem_(problem), schedule_(schedule) {
  std::vector<std::pair<Nanos, uint32_t>> by_start;
  for (uint32_t op = 0; op < problem.size(); ++op) by_start.emplace_back(schedule.start[op], op);
  std::sort(by_start.begin(), by_start.end());
  std::vector<uint32_t> last(problem.lane_count(), problem.size());
  before_on_lane_.assign(problem.lane_slots(), problem.size());
  for (const auto& [start, op] : by_start) {
    uint32_t slot = problem.lane_slot(op);
    for (const uint32_t lane : schedule.lanes_of(problem, op)) {
      before_on_lane_[slot++] = last[lane];
      last[lane] = op;
    }
  }
}

// What ended last before `op` started: with a hand-off in between the start is a little
// after the end, so the latest candidate is taken rather than an exact match.
ChainLink ChainFinder::link_of(uint32_t op) const {
  ChainLink link{op, ChainLink::Waits::kRelease, op};
  Nanos latest = problem_.release(op);
  const auto consider = [&](uint32_t other, Nanos at, ChainLink::Waits waits) {
    if (at < latest || (at == latest && link.on != op)) return;
    latest = at;
    link.waits = waits;
    link.on = other;
  };
  const FlatMode& mode = schedule_.mode_of(problem_, op);
  for (const Arc& arc : problem_.preds(op)) {
    const FlatMode& before = schedule_.mode_of(problem_, arc.op);
    consider(arc.op, schedule_.end(problem_, arc.op) + problem_.lag(arc, before.site, mode.site),
             ChainLink::Waits::kPredecessor);
  }
  const int lanes = mode.lanes;
  for (int i = 0; i < lanes; ++i) {
    const uint32_t other = before_on_lane_[problem_.lane_slot(op) + static_cast<uint32_t>(i)];
    if (other != problem_.size())
      consider(other, schedule_.end(problem_, other), ChainLink::Waits::kLane);
  }
  if (latest == problem_.release(op) && schedule_.start[op] == latest)
    link = {op, ChainLink::Waits::kRelease, op};
  return link;
}

std::vector<ChainLink> ChainFinder::chain_of(uint32_t op) const {
  std::vector<ChainLink> chain;
  for (;;) {
    chain.push_back(link_of(op));
    if (chain.back().waits == ChainLink::Waits::kRelease) return chain;
    op = chain.back().on;
  }
}

}  // namespace takt
