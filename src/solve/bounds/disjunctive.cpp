#include "solve/bounds/disjunctive.h"

#include <algorithm>
#include <numeric>

#include "solve/bounds/theta_tree.h"

namespace takt {
namespace {

constexpr uint32_t kBlocked = UINT32_MAX;

struct Activity {
  uint32_t op = kBlocked;           // kBlocked: the lane is gone
  bool optional = false;            // has usable modes elsewhere
  Nanos earliest, latest, duration;

  Nanos latest_start() const { return latest - duration; }
  Nanos earliest_end() const { return earliest + duration; }
};

// The activities of one pool seen forwards or backwards in time, and the windows as they are
// tightened. What is found is a new earliest start in that direction.
class Machine {
 public:
  Machine(Windows& windows, std::vector<Activity> activities, PoolId pool, bool backwards)
      : windows_(windows), all_(std::move(activities)), pool_(pool), backwards_(backwards) {
    if (backwards_)
      for (Activity& each : all_) std::tie(each.earliest, each.latest) =
          std::make_pair(-each.latest, -each.earliest);
    std::sort(all_.begin(), all_.end(),
              [](const Activity& a, const Activity& b) { return a.earliest < b.earliest; });
  }

  void overload();
  void edge_finding();
  void detectable_precedences();
  void not_last();

 private:
  // Indices of the activities, ascending by key(activity).
  template <class Key>
  std::vector<uint32_t> by(bool with_optional, const Key& key) const {
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < all_.size(); ++i)
      if (with_optional || !all_[i].optional) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return key(all_[a]) < key(all_[b]); });
    return order;
  }
  void insert(ThetaTree& tree, uint32_t i) {
    tree.insert(i, all_[i].earliest, all_[i].duration);
  }
  void start_after(uint32_t i, Nanos time) {
    if (all_[i].op == kBlocked) return;
    if (backwards_) windows_.end_before(all_[i].op, -time);
    else windows_.start_after(all_[i].op, time);
  }
  void end_before(uint32_t i, Nanos time) {
    if (all_[i].op == kBlocked) return;
    if (backwards_) windows_.start_after(all_[i].op, -time);
    else windows_.end_before(all_[i].op, time);
  }
  void contradict();
  void drop_modes(uint32_t op);

  Windows& windows_;
  std::vector<Activity> all_;       // ascending by earliest: leaves of the trees
  const PoolId pool_;
  const bool backwards_;
};

bool excludes(const Problem& problem, const FlatMode& mode, PoolId pool) {
  const auto lanes = problem.instance().pools[pool.value()].lanes.size();
  for (const Demand& demand : mode.demands)
    if (demand.pool == pool) return 2 * static_cast<size_t>(demand.count) > lanes;
  return false;
}

// Too much for the time there is: no window of any of them can be kept.
void Machine::contradict() {
  for (const Activity& each : all_)
    if (each.op != kBlocked) windows_.end_before(each.op, Nanos(INT64_MIN / 4));
}

void Machine::drop_modes(uint32_t op) {
  const auto modes = windows_.problem().modes(op);
  for (uint32_t m = 0; m < modes.size(); ++m)
    if (windows_.usable(op, m) && excludes(windows_.problem(), modes[m], pool_))
      windows_.drop_mode(op, m);
}

void Machine::overload() {
  ThetaTree tree(all_.size());
  for (const uint32_t i : by(true, [](const Activity& a) { return a.latest; })) {
    if (all_[i].optional) tree.insert_gray(i, all_[i].earliest, all_[i].duration);
    else insert(tree, i);
    if (tree.end() > all_[i].latest) return contradict();
    while (tree.end_with_gray() > all_[i].latest) {
      const uint32_t gray = tree.gray();
      tree.remove(gray);
      drop_modes(all_[gray].op);
    }
  }
}

void Machine::edge_finding() {
  ThetaTree tree(all_.size());
  std::vector<uint32_t> order = by(false, [](const Activity& a) { return a.latest; });
  for (const uint32_t i : order) insert(tree, i);
  for (size_t k = order.size(); k-- > 1;) {
    const uint32_t last = order[k];
    tree.insert_gray(last, all_[last].earliest, all_[last].duration);
    const Nanos due = all_[order[k - 1]].latest;
    if (tree.end() > due) return contradict();
    while (tree.end_with_gray() > due) {
      const uint32_t gray = tree.gray();
      start_after(gray, tree.end());
      tree.remove(gray);
    }
  }
}

void Machine::detectable_precedences() {
  ThetaTree tree(all_.size());
  std::vector<char> inside(all_.size(), 0);
  const auto starts = by(false, [](const Activity& a) { return a.latest_start(); });
  size_t next = 0;
  for (const uint32_t i : by(false, [](const Activity& a) { return a.earliest_end(); })) {
    for (; next < starts.size(); ++next) {
      const uint32_t before = starts[next];
      if (all_[i].earliest_end() <= all_[before].latest_start()) break;
      insert(tree, before);
      inside[before] = 1;
    }
    start_after(i, inside[i] != 0 ? tree.end_without(i) : tree.end());
  }
}

void Machine::not_last() {
  ThetaTree tree(all_.size());
  std::vector<char> inside(all_.size(), 0);
  const auto starts = by(false, [](const Activity& a) { return a.latest_start(); });
  size_t next = 0;
  for (const uint32_t i : by(false, [](const Activity& a) { return a.latest; })) {
    for (; next < starts.size() && all_[i].latest > all_[starts[next]].latest_start(); ++next) {
      insert(tree, starts[next]);
      inside[starts[next]] = 1;
    }
    if (next == 0) continue;
    const Nanos others = inside[i] != 0 ? tree.end_without(i) : tree.end();
    if (others > all_[i].latest_start()) end_before(i, all_[starts[next - 1]].latest_start());
  }
}

std::vector<std::vector<Activity>> activities_of(const LaneSets& sets, const Windows& windows) {
  const Problem& problem = windows.problem();
  const auto& pools = problem.instance().pools;
  std::vector<std::vector<Activity>> all(pools.size());
  for (size_t p = 0; p < pools.size(); ++p)
    if (pools[p].lanes.size() == 1)
      for (const LaneSets::Blocked& gone : sets.blocked(pools[p].lanes[0]))
        all[p].push_back({kBlocked, false, gone.start, gone.end, gone.end - gone.start});
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const auto modes = problem.modes(op);
    const size_t usable = static_cast<size_t>(std::count_if(
        modes.begin(), modes.end(), [&](const FlatMode& mode) {
          return windows.usable(op, static_cast<uint32_t>(&mode - modes.data()));
        }));
    std::vector<std::pair<PoolId, size_t>> users;
    for (uint32_t m = 0; m < modes.size(); ++m) {
      if (!windows.usable(op, m)) continue;
      for (const Demand& demand : modes[m].demands) {
        if (!excludes(problem, modes[m], demand.pool)) continue;
        std::vector<Activity>& here = all[demand.pool.value()];
        if (problem.commitment(op) != nullptr && pools[demand.pool.value()].lanes.size() == 1)
          continue;                  // it is in what is blocked
        if (here.empty() || here.back().op != op) {
          here.push_back({op, true, windows.earliest(op), windows.latest(op), modes[m].duration});
          users.emplace_back(demand.pool, 0);
        }
        here.back().duration = std::min(here.back().duration, modes[m].duration);
        for (auto& [pool, count] : users)
          if (pool == demand.pool && ++count == usable) here.back().optional = false;
      }
    }
  }
  return all;
}

}  // namespace

bool tighten_disjunctive(const LaneSets& sets, Windows& windows) {
  std::vector<std::vector<Activity>> all = activities_of(sets, windows);
  for (size_t p = 0; p < all.size(); ++p) {
    if (all[p].size() < 2) continue;
    for (const bool backwards : {false, true}) {
      Machine machine(windows, all[p], PoolId(p), backwards);
      if (!backwards) machine.overload();
      if (!windows.contradiction()) machine.edge_finding();
      if (!windows.contradiction()) machine.detectable_precedences();
      if (!windows.contradiction()) machine.not_last();
      if (windows.contradiction()) return false;
    }
  }
  return true;
}

}  // namespace takt
