#include "solve/elite.h"

#include <algorithm>
#include <numeric>

namespace takt {
namespace {
constexpr size_t kMembers = 8;
constexpr int64_t kPatience = 5000;
constexpr double kShareLeast = 0.3, kShareMost = 0.7;
constexpr double kNear = 0.02;
}  // namespace

EliteSearch::EliteSearch(const OneLaneView& view, uint64_t seed)
    : view_(view), tabu_(view, seed), rng_(seed ^ 0x5851f42d4c957f2dull) {}

void EliteSearch::round(const Sequencing& start, int64_t good_enough,
                        const std::function<bool()>& stop) {
  Sequencing from;
  if (members_.empty()) from = start;
  else if (members_.size() < kMembers) from = random_solution();
  else {
    const size_t a = rng_.below(members_.size());
    size_t b = rng_.below(members_.size() - 1);
    b += b >= a;
    from = blend(members_[a].solution, members_[b].solution, kShareLeast + (kShareMost - kShareLeast) * rng_.unit());
  }
  tabu_.run(from, kPatience, INT64_MAX, good_enough, stop);
  if (tabu_.best_makespan() < best_makespan_) {
    best_makespan_ = tabu_.best_makespan();
    best_ = tabu_.best();
  }
  Member child{tabu_.best(), tabu_.best_makespan()};
  if (members_.size() < kMembers) { members_.push_back(std::move(child)); return; }
  keep(std::move(child));
}

void EliteSearch::keep(Member child) {
  // Too close to a member: replaces that one if better; else the worst if better.
  for (Member& m : members_)
    if (distance(m.solution, child.solution) < kNear) {
      if (child.makespan <= m.makespan) m = std::move(child);
      ++rounds_without_;
      return;
    }
  size_t worst = 0;
  for (size_t i = 1; i < members_.size(); ++i)
    if (members_[i].makespan > members_[worst].makespan) worst = i;
  if (child.makespan <= members_[worst].makespan) members_[worst] = std::move(child);
}

// Mean difference of positions plus share of other lanes.
double EliteSearch::distance(const Sequencing& a, const Sequencing& b) const {
  const uint32_t n = view_.size();
  std::vector<uint32_t> pa(n), pb(n);
  for (uint32_t i = 0; i < n; ++i) { pa[a.order[i]] = i; pb[b.order[i]] = i; }
  double sum = 0, lanes = 0;
  for (uint32_t op = 0; op < n; ++op) {
    sum += std::abs(double(pa[op]) - double(pb[op])) / n;
    lanes += a.alternative[op] != b.alternative[op];
  }
  return (sum + lanes) / n;
}

Sequencing EliteSearch::random_solution() {
  const Problem& p = view_.problem();
  const uint32_t n = view_.size();
  Sequencing s;
  s.alternative.resize(n);
  std::vector<int64_t> lane_end(view_.lane_count(), 0), end(n, 0);
  std::vector<uint32_t> missing(n), ready;
  for (uint32_t op = 0; op < n; ++op) { missing[op] = p.preds(op).size(); if (!missing[op]) ready.push_back(op); }
  while (!ready.empty()) {
    const size_t i = rng_.below(ready.size());
    const uint32_t op = ready[i];
    ready[i] = ready.back(); ready.pop_back();
    int64_t r = p.release(op).ns;
    for (const Arc& a : p.preds(op)) r = std::max(r, end[a.op] + a.delay.ns);
    int64_t best = INT64_MAX; uint32_t alt = 0;
    const auto alts = view_.alternatives(op);
    for (uint32_t k = 0; k < alts.size(); ++k) {
      int64_t e = std::max(r, lane_end[alts[k].lane]) + alts[k].duration;
      if (e < best) { best = e; alt = k; }
    }
    end[op] = best; lane_end[alts[alt].lane] = best;
    s.alternative[op] = alt; s.order.push_back(op);
    for (const Arc& a : p.succs(op)) if (--missing[a.op] == 0) ready.push_back(a.op);
  }
  return s;
}

Sequencing EliteSearch::blend(const Sequencing& a, const Sequencing& b, double share) {
  const uint32_t n = view_.size();
  std::vector<double> key(n);
  for (uint32_t i = 0; i < n; ++i) { key[a.order[i]] += (1 - share) * i; key[b.order[i]] += share * i; }
  Sequencing s = a;
  for (uint32_t op = 0; op < n; ++op) if (rng_.unit() < share) s.alternative[op] = b.alternative[op];
  std::stable_sort(s.order.begin(), s.order.end(), [&](uint32_t x, uint32_t y) { return key[x] < key[y]; });
  return s;
}

}  // namespace takt
