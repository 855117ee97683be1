#include "solve/tabu.h"

#include <algorithm>

#include "base/check.h"

namespace takt {
namespace {

// A step takes time in proportion to the operations or worse; about a millisecond between stops.
constexpr int64_t kNodesPerStop = 20'000, kStopEveryMost = 64;

}  // namespace

TabuSearch::TabuSearch(const OneLaneView& view, uint64_t seed)
    : graph_(view), moves_(graph_), rng_(seed) {}

void TabuSearch::run(const Sequencing& start, const TabuStyle& style, int64_t good_enough,
                     const std::function<bool()>& stop) {
  style_ = style;
  graph_.load(start);
  tabu_.clear();
  best_makespan_ = graph_.makespan();
  best_ = graph_.sequencing();
  const int64_t stop_every = std::clamp<int64_t>(kNodesPerStop / graph_.size(), 1, kStopEveryMost);
  int64_t without = 0;
  for (int64_t i = 0; without < style.patience && best_makespan_ > good_enough; ++i) {
    if (i % stop_every == 0 && stop()) return;
    if (!step()) return;
    ++without;
    if (graph_.makespan() >= best_makespan_) continue;
    best_makespan_ = graph_.makespan();
    best_ = graph_.sequencing();
    without = 0;
  }
}

bool TabuSearch::step() {
  random_critical_path();
  MovePicker picker(best_makespan_, style_.work_weight, rng_);
  const auto now = static_cast<uint64_t>(steps_);
  for (const uint32_t op : path_) moves_.visit(op, tabu_, now, rng_, picker);
  const MoveEstimate* chosen = picker.pick();
  if (!chosen) return false;
  moves_.forbid(chosen->move, tabu_, now + tenure());
  graph_.apply(chosen->move);
  DCHECK(graph_[chosen->move.op].length() <= chosen->through);
  ++steps_;
  return true;
}

// From a random operation that ends last back to one that waits for nothing; at a fork any
// way.
void TabuSearch::random_critical_path() {
  const Problem& problem = graph_.view().problem();
  path_.clear();
  sources_.clear();
  for (uint32_t lane = 0; lane < graph_.view().lane_count(); ++lane) {
    const auto sequence = graph_.lane(lane);
    if (!sequence.empty() && graph_[sequence.back()].end() == graph_.makespan())
      sources_.push_back(sequence.back());
  }
  while (!sources_.empty()) {
    const uint32_t op = sources_[rng_.below(sources_.size())];
    path_.push_back(op);
    sources_.clear();
    const SolutionGraph::Node& node = graph_[op];
    if (node.index > 0) {
      const uint32_t previous = graph_.lane(node.lane)[node.index - 1];
      if (graph_[previous].end() == node.head) sources_.push_back(previous);
    }
    for (const Arc& arc : problem.preds(op))
      if (graph_[arc.op].end() + arc.delay.ns == node.head) sources_.push_back(arc.op);
  }
}

uint64_t TabuSearch::tenure() {
  const uint32_t lanes = std::max(graph_.view().lane_count(), 1u);
  const uint64_t least = style_.tenure + graph_.size() / lanes / 4;
  return least + rng_.below(least);
}

}  // namespace takt
