#include "solve/bounds/priced_load.h"

#include <algorithm>
#include <cmath>

#include "base/int128.h"

namespace takt {
namespace {

constexpr int kRounds = 60;
constexpr double kPriceScale = 1 << 16;

struct Market {
  std::vector<Nanos> offered;             // by pool
  std::vector<double> log_price;          // by pool
  std::vector<int64_t> price;             // what is proven with
};

Market open_market(const LaneSets& sets, const Windows& windows) {
  const Problem& problem = windows.problem();
  const size_t pools = problem.instance().pools.size();
  std::vector<Nanos> from(pools, Nanos::max()), to(pools, Nanos::min());
  for (uint32_t op = 0; op < problem.size(); ++op) {
    if (problem.commitment(op) != nullptr) continue;
    for (uint32_t m = 0; m < problem.modes(op).size(); ++m)
      if (windows.usable(op, m))
        for (const Demand& demand : problem.modes(op)[m].demands) {
          Nanos& first = from[demand.pool.value()];
          Nanos& last = to[demand.pool.value()];
          first = std::min(first, windows.earliest(op));
          last = std::max(last, windows.latest(op));
        }
  }
  Market market{std::vector<Nanos>(pools), std::vector<double>(pools, 0.0),
                std::vector<int64_t>(pools)};
  for (size_t p = 0; p < pools; ++p)
    if (from[p] < to[p]) market.offered[p] = sets.free(PoolId(p), from[p], to[p]);
  return market;
}

// Cost of the cheapest modes; adds what they ask of each pool to `asked`.
Int128 cheapest(const Windows& windows, const std::vector<int64_t>& price,
                std::vector<double>& asked) {
  const Problem& problem = windows.problem();
  Int128 total = 0;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    if (problem.commitment(op) != nullptr) continue;
    const FlatMode* best = nullptr;
    Int128 least = 0;
    for (uint32_t m = 0; m < problem.modes(op).size(); ++m) {
      if (!windows.usable(op, m)) continue;
      const FlatMode& mode = problem.modes(op)[m];
      Int128 cost = 0;
      for (const Demand& demand : mode.demands)
        cost += Int128{price[demand.pool.value()]} * mode.duration.ns * demand.count;
      if (best != nullptr && cost >= least) continue;
      best = &mode;
      least = cost;
    }
    total += least;
    for (const Demand& demand : best->demands)
      asked[demand.pool.value()] += static_cast<double>(best->duration.ns) * demand.count;
  }
  return total;
}

void set_prices(Market& market) {
  const double top = *std::max_element(market.log_price.begin(), market.log_price.end());
  for (size_t p = 0; p < market.price.size(); ++p)
    market.price[p] = static_cast<int64_t>(kPriceScale * std::exp(market.log_price[p] - top));
}

}  // namespace

bool overpriced(const LaneSets& sets, const Windows& windows, int64_t& steps) {
  const Problem& problem = windows.problem();
  if (problem.size() == 0) return false;
  for (uint32_t op = 0; op < problem.size(); ++op)
    if (windows.latest(op) >= kNoEnd && problem.commitment(op) == nullptr) return false;
  Market market = open_market(sets, windows);
  for (int round = 0; round < kRounds && steps > 0; ++round) {
    set_prices(market);
    std::vector<double> asked(market.price.size(), 0.0);
    Int128 paid = 0;
    for (size_t p = 0; p < asked.size(); ++p)
      paid += Int128{market.price[p]} * market.offered[p].ns;
    if (cheapest(windows, market.price, asked) > paid) return true;
    const double rate = 0.5 / std::sqrt(1.0 + round);
    for (size_t p = 0; p < asked.size(); ++p) {
      const double offered = static_cast<double>(std::max<int64_t>(market.offered[p].ns, 1));
      market.log_price[p] += rate * std::clamp(asked[p] / offered - 1, -1.0, 1.0);
    }
    steps -= problem.mode_slots();
  }
  return false;
}

}  // namespace takt
