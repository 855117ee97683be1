#include "solve/bounds/width_path.h"

#include <algorithm>

#include "base/int128.h"

namespace takt {
namespace {

constexpr int64_t kWeights = 16;

Nanos bound_at(const Problem& problem, const LaneSet& set, const std::vector<uint32_t>& ops,
               std::vector<Int128>& longest, Nanos from, int64_t u) {
  const auto inside = [&](uint32_t op) { return longest[op] >= 0; };
  Int128 base = 0, path = 0;                       // kWeights * lanes * time
  for (const uint32_t op : ops) longest[op] = Int128{(problem.head(op) - from).ns} * u * set.lanes;
  for (const uint32_t op : ops) {
    Int128 on_path = 0, off_path = 0;
    bool any = false;
    for (uint32_t m = 0; m < problem.modes(op).size(); ++m) {
      if (!problem.may_use(op, m)) continue;
      const FlatMode& mode = problem.modes(op)[m];
      const Int128 work = Int128{mode.duration.ns} * set.width(mode) * (kWeights - u);
      const Int128 both = Int128{mode.duration.ns} * u * set.lanes + work;
      on_path = any ? std::min(on_path, both) : both;
      off_path = any ? std::min(off_path, work) : work;
      any = true;
    }
    base += off_path;
    const Int128 end = longest[op] + on_path - off_path;
    path = std::max(path, end);
    for (const Arc& arc : problem.succs(op))
      if (inside(arc.op))
        longest[arc.op] = std::max(longest[arc.op], end + Int128{arc.delay.ns} * u * set.lanes);
  }
  const Int128 scale = Int128{kWeights} * set.lanes;
  return from + Nanos(static_cast<int64_t>((base + path + scale - 1) / scale));
}

}  // namespace

Nanos width_path_bound(const Problem& problem, const LaneSet& set, uint32_t first, uint32_t end,
                       bool graph_ops_only) {
  std::vector<uint32_t> ops;
  std::vector<Int128> longest(problem.size(), -1);   // -1: not among `ops`
  Nanos from = Nanos::max();
  for (uint32_t op : problem.topological()) {
    if (op < first || op >= end || (graph_ops_only && problem.is_submit(op))) continue;
    ops.push_back(op);
    from = std::min(from, problem.head(op));
    longest[op] = 0;
  }
  Nanos best(0);
  if (ops.empty()) return best;
  for (int64_t u = 1; u < kWeights; ++u)
    best = std::max(best, bound_at(problem, set, ops, longest, from, u));
  return best;
}

}  // namespace takt
