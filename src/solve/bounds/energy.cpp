#include "solve/bounds/energy.h"

#include <algorithm>

#include "base/int128.h"

namespace takt {
namespace {

constexpr size_t kStarts = 48;      // earliest starts tried for operations inside the interval
constexpr size_t kCorners = 10;     // starts and ends of the intervals with parts of operations

struct Item {
  uint32_t op;
  Nanos earliest, latest, work;     // work: least lane time of the set
};

std::vector<Nanos> sample(std::vector<Nanos> values, size_t most) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() <= most) return values;
  std::vector<Nanos> picked;
  for (size_t i = 0; i < most; ++i) picked.push_back(values[i * (values.size() - 1) / (most - 1)]);
  return picked;
}

// Operations bound to the set, ascending by latest end; blocked ones are not work.
std::vector<Item> items_of(const LaneSet& set, const Windows& windows) {
  const Problem& problem = windows.problem();
  std::vector<Item> items;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    if (problem.commitment(op) != nullptr) continue;
    const Nanos work = least_energy(windows, set, op, -kNoEnd, kNoEnd);
    if (work > Nanos(0)) items.push_back({op, windows.earliest(op), windows.latest(op), work});
  }
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return a.latest < b.latest; });
  return items;
}

class Search {
 public:
  Search(const LaneSets& sets, const Windows& windows) : sets_(sets), windows_(windows) {}

  void inside(size_t set, const std::vector<Item>& items, int64_t& steps) {
    std::vector<Nanos> starts;
    for (const Item& item : items) starts.push_back(item.earliest);
    for (const Nanos from : sample(std::move(starts), kStarts)) {
      Nanos asked(0);
      for (size_t i = 0; i < items.size() && items[i].latest < kNoEnd; ++i) {
        if (items[i].earliest < from) continue;
        asked += items[i].work;
        if (i + 1 == items.size() || items[i + 1].latest != items[i].latest)
          judge(set, from, items[i].latest, asked);
      }
      steps -= static_cast<int64_t>(items.size());
    }
  }

  void crossing(size_t set, const std::vector<Item>& items, int64_t& steps) {
    std::vector<Nanos> starts, ends;
    for (const Item& item : items) {
      starts.push_back(item.earliest);
      if (item.latest >= kNoEnd) continue;
      ends.push_back(item.latest);
      starts.push_back(item.latest - windows_.least_duration(item.op));
      ends.push_back(item.earliest + windows_.least_duration(item.op));
    }
    const std::vector<Nanos> tos = sample(std::move(ends), kCorners);
    for (const Nanos from : sample(std::move(starts), kCorners))
      for (const Nanos to : tos) {
        if (to <= from) continue;
        Nanos asked(0);
        for (const Item& item : items)
          asked += least_energy(windows_, sets_.sets()[set], item.op, from, to);
        judge(set, from, to, asked);
        steps -= 2 * static_cast<int64_t>(items.size());
      }
  }

  const std::optional<Overload>& worst() const { return worst_; }

 private:
  void judge(size_t set, Nanos from, Nanos to, Nanos asked) {
    const Nanos offered = sets_.free(sets_.sets()[set], from, to);
    if (asked <= offered) return;
    if (worst_ && Int128{asked.ns} * std::max<int64_t>(worst_->offered.ns, 1) <=
                      Int128{worst_->asked.ns} * std::max<int64_t>(offered.ns, 1))
      return;
    worst_ = Overload{set, from, to, asked, offered};
  }

  const LaneSets& sets_;
  const Windows& windows_;
  std::optional<Overload> worst_;
};

}  // namespace

Nanos least_energy(const Windows& windows, const LaneSet& set, uint32_t op, Nanos from,
                   Nanos to) {
  const auto modes = windows.problem().modes(op);
  Nanos least = Nanos::max();
  for (uint32_t m = 0; m < modes.size(); ++m) {
    if (!windows.usable(op, m)) continue;
    const Nanos duration = modes[m].duration;
    const Nanos early = windows.earliest(op) + duration - from;   // part of it when leftmost
    const Nanos late = to - (windows.latest(op) - duration);      // and when rightmost
    const Nanos inside = std::max(std::min({duration, to - from, early, late}), Nanos(0));
    least = std::min(least, inside * set.width(modes[m]));
  }
  return least == Nanos::max() ? Nanos(0) : least;
}

std::optional<Overload> worst_overload(const LaneSets& sets, const Windows& windows,
                                       int64_t& steps) {
  Search search(sets, windows);
  for (size_t set = 0; set < sets.sets().size() && steps > 0; ++set) {
    const std::vector<Item> items = items_of(sets.sets()[set], windows);
    steps -= windows.problem().size();
    search.inside(set, items, steps);
    if (!search.worst()) search.crossing(set, items, steps);
  }
  return search.worst();
}

}  // namespace takt
