#include "solve/bottleneck.h"

#include <algorithm>
#include <utility>

namespace takt {
namespace {

struct Change {
  Nanos at;
  int lanes = 0;                    // begins (> 0) or ends (< 0) to run
};

// Ends and begins at one moment cancel out: one operation right after another is no gap.
void find_busiest(std::vector<Change> changes, Bottleneck& out) {
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return a.at < b.at; });
  int running = 0;
  Nanos since;
  for (size_t i = 0; i < changes.size();) {
    const Nanos at = changes[i].at;
    int next = running;
    for (; i < changes.size() && changes[i].at == at; ++i) next += changes[i].lanes;
    if (next == running) continue;
    if (running > out.lanes || (running == out.lanes && at - since > out.to - out.from)) {
      out.lanes = running;
      out.from = since;
      out.to = at;
    }
    running = next;
    since = at;
  }
}

}  // namespace

Bottleneck bottleneck_of(const Problem& problem, const Schedule& schedule) {
  const std::vector<Pool>& pools = problem.instance().pools;
  CHECK(!pools.empty() && problem.size() > 0);
  std::vector<std::vector<Change>> changes(pools.size());
  std::vector<Nanos> busy(pools.size());
  Nanos makespan;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const Nanos start = schedule.start[op], end = schedule.end(problem, op);
    makespan = std::max(makespan, end);
    for (const Demand& demand : schedule.mode_of(problem, op).demands) {
      changes[demand.pool.value()].push_back({start, demand.count});
      changes[demand.pool.value()].push_back({end, -demand.count});
      busy[demand.pool.value()] += (end - start) * demand.count;
    }
  }
  Bottleneck out;
  out.load = -1;
  size_t chosen = 0;
  for (size_t p = 0; p < pools.size(); ++p) {
    const double offered =
        static_cast<double>(makespan.ns) * static_cast<double>(pools[p].lanes.size());
    const double load = offered > 0 ? static_cast<double>(busy[p].ns) / offered : 0;
    if (load <= out.load) continue;
    chosen = p;
    out.load = load;
  }
  out.pool = PoolId(static_cast<uint32_t>(chosen));
  out.busy = busy[chosen];
  find_busiest(std::move(changes[chosen]), out);
  return out;
}

}  // namespace takt
