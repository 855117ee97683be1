#include "solve/chain_pair.h"

#include <algorithm>
#include <compare>
#include <functional>

#include "base/check.h"

namespace takt {
namespace {

constexpr int64_t kLookEvery = 512;     // labels between looks at `stopped`

}  // namespace

ChainPair::ChainPair(const Windows& windows, const std::array<Chain, 2>& chains,
                     std::span<const PoolLoad> others)
    : problem_(windows.problem()) {
  for (const Pool& pool : problem_.instance().pools) sites_ = std::max(sites_, pool.site + 1);
  types_.emplace_back(problem_.instance().pools.size(), 0);
  for (size_t which = 0; which < 2; ++which)
    for (size_t i = 0; i < chains[which].size(); ++i)
      chain_[which].push_back(step_of(windows, chains[which], i));
  load_pools(others);
}

ChainPair::Step ChainPair::step_of(const Windows& windows, const Chain& chain, size_t i) {
  const uint32_t op = chain[i];
  Step step{op, windows.earliest(op).ns, windows.latest(op).ns, windows.least_duration(op).ns,
            {}, std::vector<int64_t>(size_t{sites_} * sites_, 0)};
  for (uint32_t m = 0; m < problem_.modes(op).size(); ++m) {
    if (!windows.usable(op, m)) continue;
    const FlatMode& mode = problem_.modes(op)[m];
    step.choices.push_back({m, mode.site, type_of(mode), mode.duration.ns});
  }
  if (i == 0) return step;
  for (const Arc& arc : problem_.preds(op))
    if (arc.op == chain[i - 1])
      for (uint32_t from = 0; from < sites_; ++from)
        for (uint32_t to = 0; to < sites_; ++to) {
          int64_t& lag = step.lag[from * sites_ + to];
          lag = std::max(lag, problem_.lag(arc, from, to).ns);
        }
  return step;
}

uint32_t ChainPair::type_of(const FlatMode& mode) {
  std::vector<int> lanes(problem_.instance().pools.size(), 0);
  for (const Demand& demand : mode.demands) lanes[demand.pool.value()] += demand.count;
  const auto found = std::find(types_.begin(), types_.end(), lanes);
  const auto index = static_cast<uint32_t>(found - types_.begin());
  if (found == types_.end()) types_.push_back(std::move(lanes));
  return index;
}

void ChainPair::load_pools(std::span<const PoolLoad> others) {
  const auto& pools = problem_.instance().pools;
  std::vector<std::vector<std::pair<int64_t, int>>> changes(pools.size());
  for (const PoolLoad& load : others) {
    changes[load.pool].emplace_back(load.start.ns, -load.lanes);
    changes[load.pool].emplace_back(load.end.ns, load.lanes);
  }
  for (size_t pool = 0; pool < pools.size(); ++pool) {
    std::sort(changes[pool].begin(), changes[pool].end());
    free_.push_back({{INT64_MIN, static_cast<int>(pools[pool].lanes.size())}});
    for (const auto& [at, lanes] : changes[pool]) {
      if (free_[pool].back().from != at) free_[pool].push_back({at, free_[pool].back().lanes});
      free_[pool].back().lanes += lanes;
    }
  }
}

// Whether the pools have what both types take together all over [from, to).
bool ChainPair::fits(uint32_t type, uint32_t beside, int64_t from, int64_t to) const {
  for (size_t pool = 0; pool < free_.size(); ++pool) {
    const int asked = types_[type][pool];
    if (asked == 0) continue;
    const auto& free = free_[pool];
    auto at = std::upper_bound(free.begin(), free.end(), from,
                               [](int64_t time, const Free& span) { return time < span.from; });
    for (--at; at != free.end() && at->from < to; ++at)
      if (asked + types_[beside][pool] > at->lanes) return false;
  }
  return true;
}

// The first time from `at` on when the others leave room, INT64_MAX when that is too late.
int64_t ChainPair::free_from(const Choice& choice, int64_t at, int64_t latest) const {
  while (at + choice.duration <= latest) {
    if (fits(choice.type, 0, at, at + choice.duration)) return at;
    int64_t next = INT64_MAX;
    for (size_t pool = 0; pool < free_.size(); ++pool)
      for (const Free& span : free_[pool])
        if (types_[choice.type][pool] > 0 && span.from > at) {
          next = std::min(next, span.from);
          break;
        }
    if (next == INT64_MAX) break;
    at = next;
  }
  return INT64_MAX;
}

ChainPair::Answer ChainPair::fit(int64_t labels_most, const std::function<bool()>& stopped) {
  return run(labels_most, stopped, false);
}

ChainPair::Answer ChainPair::minimize_first(int64_t labels_most,
                                            const std::function<bool()>& stopped) {
  return run(labels_most, stopped, true);
}

ChainPair::Answer ChainPair::run(int64_t labels_most, const std::function<bool()>& stopped,
                                 bool least) {
  labels_.clear();
  queue_.clear();
  goal_ = kNone;
  cells_.assign((chain_[0].size() + 1) * (chain_[1].size() + 1), {});
  Label begin;
  for (size_t which = 0; which < 2; ++which)
    if (!chain_[which].empty()) begin.end[which] = chain_[which].front().earliest;
  push(begin, kNone);
  for (int64_t looked = 1; !queue_.empty(); ++looked) {
    if (static_cast<int64_t>(labels_.size()) > labels_most ||
        (looked % kLookEvery == 0 && stopped()))
      return goal_ == kNone ? Answer::kStopped : Answer::kFits;
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
    const uint32_t id = queue_.back().second;
    queue_.pop_back();
    if (labels_[id].dropped) continue;
    if (finished(labels_[id], 0) && finished(labels_[id], 1)) {
      goal_ = id;
      if (!least) break;
      improve_on(labels_[id].end[0]);
    } else {
      expand(id);
    }
  }
  return goal_ == kNone ? Answer::kNever : Answer::kFits;
}

// From now on the first chain has to end before `end`.
void ChainPair::improve_on(int64_t end) {
  int64_t latest = end - 1;
  for (size_t i = chain_[0].size(); i-- > 0;) {
    latest = chain_[0][i].latest = std::min(chain_[0][i].latest, latest);
    latest -= chain_[0][i].least;
  }
}

// The chain that is behind goes on; both may when neither is.
void ChainPair::expand(uint32_t id) {
  for (size_t which = 0; which < 2; ++which) {
    const Label& label = labels_[id];
    if (!finished(label, which) &&
        (finished(label, 1 - which) || label.end[which] <= label.end[1 - which]))
      move(id, which);
  }
}

void ChainPair::move(uint32_t id, size_t which) {
  const Label from = labels_[id];
  const size_t other = 1 - which;
  const Step& step = chain_[which][from.next[which]];
  const int64_t now = from.end[which];
  const bool ready_there = from.place[which] >= sites_;
  const auto running_at = [&](int64_t end, uint32_t type) {
    return end > from.end[other] ? type : end < from.end[other] ? from.running : 0;
  };
  for (const Choice& choice : step.choices) {
    Label to = from;
    int64_t ready = now;
    if (ready_there) {
      if (from.place[which] != sites_ + choice.site) continue;
    } else {
      ready = std::max(step.earliest, now + step.lag[from.place[which] * sites_ + choice.site]);
    }
    ready = free_from(choice, ready, step.latest);
    if (ready == INT64_MAX) continue;
    if (ready > now) {
      to.place[which] = sites_ + choice.site;
      to.end[which] = ready;
      to.running = running_at(ready, 0);
      to.mode = kNone;
    } else {
      const int64_t end = now + choice.duration;
      if (from.end[other] > now &&
          !fits(choice.type, from.running, now, std::min(end, from.end[other])))
        continue;
      to.place[which] = choice.site;
      to.end[which] = end;
      to.running = running_at(end, choice.type);
      to.moved = static_cast<uint32_t>(which);
      to.mode = choice.mode;
      ++to.next[which];
    }
    push(to, id);
  }
  if (from.end[other] <= now) return;
  Label waits = from;
  waits.end[which] = from.end[other];
  waits.running = 0;
  waits.mode = kNone;
  push(waits, id);
}

// Whether there is a label that is nowhere behind; drops those that are nowhere ahead.
bool ChainPair::dominated(const Label& label) {
  // A label must not cover what it becomes by waiting: then the other chain may go first.
  const auto covers = [](const Label& a, const Label& b) {
    if (a.end[0] > b.end[0] || a.end[1] > b.end[1] || a.place != b.place) return false;
    const auto behind = a.end[0] <=> a.end[1];
    return behind == 0 || std::max(a.end[0], a.end[1]) < std::min(b.end[0], b.end[1]) ||
           (behind == (b.end[0] <=> b.end[1]) && (a.running == 0 || a.running == b.running));
  };
  auto& cell = cells_[label.next[0] * (chain_[1].size() + 1) + label.next[1]];
  for (const uint32_t each : cell)
    if (covers(labels_[each], label)) return true;
  std::erase_if(cell, [&](uint32_t each) {
    return labels_[each].dropped = covers(label, labels_[each]);
  });
  cell.push_back(static_cast<uint32_t>(labels_.size()));
  return false;
}

void ChainPair::push(Label label, uint32_t parent) {
  int64_t first = INT64_MAX;
  for (size_t which = 0; which < 2; ++which) {
    if (finished(label, which)) continue;
    const Step& next = chain_[which][label.next[which]];
    if (label.end[which] + next.least > next.latest) return;
    first = std::min(first, label.end[which]);
  }
  if (first == INT64_MAX) first = INT64_MIN;       // both are through
  label.parent = parent;
  label.dropped = false;
  if (dominated(label)) return;
  queue_.emplace_back(first, static_cast<uint32_t>(labels_.size()));
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
  labels_.push_back(label);
}

std::vector<ChainPair::Placed> ChainPair::plan() const {
  std::vector<Placed> plan;
  for (uint32_t id = goal_; id != kNone; id = labels_[id].parent) {
    const Label& label = labels_[id];
    if (label.mode == kNone || label.parent == kNone) continue;
    const Label& before = labels_[label.parent];
    const Step& step = chain_[label.moved][before.next[label.moved]];
    plan.push_back({step.op, label.mode, Nanos(before.end[label.moved])});
  }
  return plan;
}

ChainPair::Chain longest_chain(const Windows& windows, uint32_t job) {
  const Problem& problem = windows.problem();
  const Job& it = problem.instance().jobs[job];
  constexpr uint32_t kNone = ~0u;
  std::vector<Nanos> length(it.op_count, Nanos(0));
  std::vector<uint32_t> before(it.op_count, kNone);
  uint32_t last = kNone;
  for (const uint32_t op : problem.topological()) {
    if (problem.job_of(op) != job || problem.is_submit(op) || problem.commitment(op)) continue;
    const uint32_t i = op - it.first_op;
    for (const Arc& arc : problem.preds(op)) {
      if (problem.job_of(arc.op) != job || problem.is_submit(arc.op) ||
          problem.commitment(arc.op) || length[arc.op - it.first_op] <= length[i])
        continue;
      before[i] = arc.op;
      length[i] = length[arc.op - it.first_op];
    }
    length[i] += windows.least_duration(op);
    if (last == kNone || length[i] > length[last - it.first_op]) last = op;
  }
  ChainPair::Chain chain;
  for (uint32_t op = last; op != kNone; op = before[op - it.first_op]) chain.push_back(op);
  std::reverse(chain.begin(), chain.end());
  return chain;
}

}  // namespace takt
