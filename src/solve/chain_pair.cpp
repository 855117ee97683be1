#include "solve/chain_pair.h"

#include <algorithm>
#include <compare>
#include <functional>

#include "base/check.h"

namespace takt {
namespace {

constexpr int64_t kLookEvery = 512;     // labels between looks at `stopped`
constexpr size_t kDive = 4000;          // labels of a dive

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
  Step step{windows.earliest(op).ns, windows.latest(op).ns, windows.least_duration(op).ns,
            {}, std::vector<int64_t>(size_t{sites_} * sites_, 0)};
  for (uint32_t m = 0; m < problem_.modes(op).size(); ++m) {
    if (!windows.usable(op, m)) continue;
    const FlatMode& mode = problem_.modes(op)[m];
    step.choices.push_back({mode.site, type_of(mode), mode.duration.ns});
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
    rooms_.push_back(load.end.ns);
  }
  std::sort(rooms_.begin(), rooms_.end());
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
  while (at != INT64_MAX && at + choice.duration <= latest) {
    if (fits(choice.type, 0, at, at + choice.duration)) return at;
    at = next_room(at);
  }
  return INT64_MAX;
}

// The first time after `at` when others give lanes back, or INT64_MAX.
int64_t ChainPair::next_room(int64_t at) const {
  const auto next = std::upper_bound(rooms_.begin(), rooms_.end(), at);
  return next == rooms_.end() ? INT64_MAX : *next;
}

// Where there is much room a dive finds an answer at once.
ChainPair::Answer ChainPair::fit(size_t labels_most, const std::function<bool()>& stopped) {
  const Answer answer = run(std::min(kDive, labels_most), stopped, true);
  return answer == Answer::kStopped && !stopped() ? run(labels_most, stopped, false) : answer;
}

ChainPair::Answer ChainPair::run(size_t labels_most, const std::function<bool()>& stopped,
                                 bool dive) {
  dive_ = dive;
  labels_.clear();
  queue_.clear();
  cells_.assign((chain_[0].size() + 1) * (chain_[1].size() + 1), {});
  Label begin;
  for (size_t which = 0; which < 2; ++which)
    if (!chain_[which].empty()) begin.end[which] = chain_[which].front().earliest;
  push(begin);
  for (int64_t looked = 1; !queue_.empty(); ++looked) {
    if (labels_.size() > labels_most || (looked % kLookEvery == 0 && stopped()))
      return Answer::kStopped;
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
    const uint32_t id = queue_.back().second;
    queue_.pop_back();
    if (labels_[id].dropped) continue;
    if (finished(labels_[id], 0) && finished(labels_[id], 1)) return Answer::kFits;
    expand(id);
  }
  return Answer::kNever;
}

// The chain that is behind goes on; both may when neither is.
void ChainPair::expand(uint32_t id) {
  const Label label = labels_[id];
  for (size_t which = 0; which < 2; ++which)
    if (!finished(label, which) &&
        (finished(label, 1 - which) || label.end[which] <= label.end[1 - which]))
      move(label, which);
}

void ChainPair::move(const Label& from, size_t which) {
  const Step& step = chain_[which][from.next[which]];
  const int64_t now = from.end[which], other_end = from.end[1 - which];
  const bool ready_there = from.place[which] >= sites_;
  const auto go_on = [&](int64_t end, uint32_t type, uint32_t place, uint32_t steps) {
    Label to = from;
    to.end[which] = end;
    to.running = end > other_end ? type : end < other_end ? from.running : 0;
    to.place[which] = place;
    to.next[which] += steps;
    push(to);
  };
  for (const Choice& choice : step.choices) {
    if (ready_there && from.place[which] != sites_ + choice.site) continue;
    int64_t ready = now;
    if (!ready_there)
      ready = std::max(step.earliest, now + step.lag[from.place[which] * sites_ + choice.site]);
    ready = free_from(choice, ready, step.latest);
    if (ready == INT64_MAX) continue;
    const int64_t end = now + choice.duration;
    if (ready > now)
      go_on(ready, 0, sites_ + choice.site, 0);
    else if (other_end <= now || fits(choice.type, from.running, now, std::min(end, other_end)))
      go_on(end, choice.type, choice.site, 1);
  }
  // Or it waits: until the other chain's operation has ended, or others leave more room.
  const int64_t until = std::min(next_room(now), other_end > now ? other_end : INT64_MAX);
  if (until != INT64_MAX) go_on(until, 0, from.place[which], 0);
}

// Whether there is a label that is nowhere behind; drops those that are nowhere ahead.
bool ChainPair::dominated(const Label& label) {
  // A label must not cover what it becomes by waiting: then the other chain may go first, or
  // others may have left.
  const auto covers = [&](const Label& a, const Label& b) {
    if (a.end[0] > b.end[0] || a.end[1] > b.end[1] || a.place != b.place) return false;
    if (!rooms_.empty() && (next_room(a.end[0]) != next_room(b.end[0]) ||
                            next_room(a.end[1]) != next_room(b.end[1])))
      return false;
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

void ChainPair::push(Label label) {
  int64_t first = INT64_MAX;
  for (size_t which = 0; which < 2; ++which) {
    if (finished(label, which)) continue;
    const Step& next = chain_[which][label.next[which]];
    if (label.end[which] + next.least > next.latest) return;
    first = std::min(first, label.end[which]);
  }
  label.dropped = false;
  if (dominated(label)) return;
  if (dive_) first = -int64_t{label.next[0]} - label.next[1];
  else if (first == INT64_MAX) first = INT64_MIN;          // both are through
  queue_.emplace_back(first, static_cast<uint32_t>(labels_.size()));
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
  labels_.push_back(label);
}

std::vector<ChainPair::Chain> longest_chains(const Windows& windows) {
  constexpr uint32_t kNone = ~0u;
  const Problem& problem = windows.problem();
  const auto counts = [&](uint32_t op) {
    return !problem.is_submit(op) && problem.commitment(op) == nullptr;
  };
  std::vector<Nanos> length(problem.size(), Nanos(0));
  std::vector<uint32_t> before(problem.size(), kNone);
  std::vector<uint32_t> last(problem.instance().jobs.size(), kNone);
  for (const uint32_t op : problem.topological()) {
    if (!counts(op)) continue;
    const uint32_t job = problem.job_of(op);
    for (const Arc& arc : problem.preds(op)) {
      if (problem.job_of(arc.op) != job || !counts(arc.op) || length[arc.op] <= length[op])
        continue;
      before[op] = arc.op;
      length[op] = length[arc.op];
    }
    length[op] += windows.least_duration(op);
    if (last[job] == kNone || length[op] > length[last[job]]) last[job] = op;
  }
  std::vector<ChainPair::Chain> chains(last.size());
  for (size_t job = 0; job < last.size(); ++job) {
    for (uint32_t op = last[job]; op != kNone; op = before[op]) chains[job].push_back(op);
    std::reverse(chains[job].begin(), chains[job].end());
  }
  return chains;
}

}  // namespace takt
