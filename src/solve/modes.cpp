#include "solve/modes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/int128.h"

namespace takt {
namespace {

Nanos duration_of(const CostStats& stats, const DurationRule& rule) {
  const Nanos picked = rule.quantile == Quantile::kMedian ? stats.median
                       : rule.quantile == Quantile::kP95  ? stats.p95
                                                          : stats.max;
  const Int128 with_margin = (Int128{picked.ns} * (100 + rule.margin_pct) + 99) / 100;
  // A clock too coarse for the kernel reads 0.
  return Nanos(static_cast<int64_t>(std::clamp<Int128>(with_margin, 1, INT64_MAX)));
}

std::optional<DurationRule> parse_rule(std::string_view text) {
  constexpr std::pair<std::string_view, Quantile> kQuantiles[] = {
      {"median", Quantile::kMedian}, {"p95", Quantile::kP95}, {"max", Quantile::kMax}};
  for (const auto& [name, quantile] : kQuantiles) {
    if (!text.starts_with(name)) continue;
    std::string_view rest = text.substr(name.size());
    DurationRule rule{quantile, 0};
    if (rest.empty()) return rule;
    rest.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), rule.margin_pct);
    const bool whole = error == std::errc() && end == rest.data() + rest.size();
    if (text[name.size()] != '+' || !whole || rule.margin_pct < 0 || rule.margin_pct > 10'000)
      return std::nullopt;
    return rule;
  }
  return std::nullopt;
}

// Never overflows: counts are saturated far above any core count.
int64_t tiles_of(const GraphOp& op) {
  if (op.kind != OpKind::kDispatch) return 1;
  int64_t tiles = 1;
  for (const uint32_t count : op.workgroups) tiles = std::min<int64_t>(tiles * count, 1 << 30);
  return std::max<int64_t>(tiles, 1);
}

// What running beside others on the cluster adds, at worst; nothing to those who have it all.
Nanos beside_others(Nanos duration, const Cluster& cluster, int cores) {
  if (cores == cluster.cores || cluster.corun_pct == 0) return duration;
  const Int128 slowed = (Int128{duration.ns} * (100 + cluster.corun_pct) + 99) / 100;
  return Nanos(static_cast<int64_t>(std::min<Int128>(slowed, INT64_MAX)));
}

bool pays(Nanos duration, Nanos narrower, const ModeOptions& options) {
  if (narrower == Nanos::max()) return true;
  const Nanos part = narrower / 100 * options.wider_gain_pct_min;
  return duration <= narrower - std::max(options.wider_gain_min, part);
}

PoolId accelerator_pool(const Soc& soc, size_t accelerator) {
  return PoolId(soc.clusters.size() + accelerator);
}

}  // namespace

Result<DurationRules> parse_duration_rules(const std::string& text, DurationRules rules) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const size_t equal = item.find('=');
    bool found = false;
    for (size_t c = 0; c < rules.size() && equal != item.npos; ++c) {
      if (item.substr(0, equal) != name_of(static_cast<Criticality>(c))) continue;
      const std::optional<DurationRule> rule = parse_rule(item.substr(equal + 1));
      if (rule) rules[c] = *rule;
      found = rule.has_value();
    }
    if (!found)
      return bad_input("'" + std::string(item) + "' is no duration rule; write hard, firm, soft "
                       "or best-effort, '=', median, p95 or max, and a margin: hard=p95+10");
  }
  return rules;
}

std::vector<SiteLink> links_of(const Soc& soc) {
  std::vector<SiteLink> links;
  for (const Link& link : soc.links)
    links.push_back({link.from.value(), link.to.value(), link.latency, link.bytes_per_us});
  return links;
}

std::vector<Pool> pools_of(const Soc& soc) {
  std::vector<Pool> pools(soc.clusters.size() + soc.accelerators.size());
  for (size_t i = 0; i < soc.clusters.size(); ++i) {
    pools[i].name = soc.clusters[i].name;
    pools[i].aligned = soc.clusters[i].aligned;
    pools[i].site = static_cast<uint32_t>(i);
  }
  size_t next_accelerator = 0;
  for (size_t i = 0; i < soc.lanes.size(); ++i) {
    const Lane& lane = soc.lanes[i];
    if (lane.kind == Lane::Kind::kCore) {
      pools[lane.cluster.value()].lanes.push_back(LaneId(i));
    } else {
      Pool& pool = pools[accelerator_pool(soc, next_accelerator++).value()];
      pool.name = lane.name;
      pool.site = lane.cluster.value();
      pool.lanes.push_back(LaneId(i));
    }
  }
  return pools;
}

Result<std::vector<Mode>> modes_of(const DispatchGraph& graph, const GraphOp& op, const Soc& soc,
                                   const CostTable& costs, const DurationRule& rule,
                                   const ModeOptions& options) {
  const CostSubject subject = cost_subject(graph, op);
  CostKey key{subject.kernel_hash, subject.workgroups, "", 1, "default"};
  std::vector<Mode> modes;
  for (const std::string& variant : options.variants) {
    key.variant = variant;
    for (size_t c = 0; c < soc.clusters.size(); ++c) {
      key.lane_class = soc.clusters[c].core_class;
      const int64_t widest = std::min<int64_t>(
          {tiles_of(op), soc.clusters[c].cores, std::max(options.max_width, 1)});
      Nanos narrower = Nanos::max();
      for (key.width = 1; key.width <= widest; key.width *= 2) {
        const CostStats* stats = costs.find(key);
        if (!stats) continue;
        const Nanos duration =
            beside_others(duration_of(*stats, rule), soc.clusters[c], key.width);
        if (!pays(duration, narrower, options)) continue;
        narrower = duration;
        modes.push_back({{{PoolId(c), key.width}}, variant, narrower});
      }
    }
    key.width = 1;
    for (size_t a = 0; a < soc.accelerators.size(); ++a) {
      key.lane_class = soc.accelerators[a].kind;
      const ClusterId driver = soc.accelerators[a].cluster;
      if (const CostStats* stats = costs.find(key))
        modes.push_back({{{PoolId(driver.value()), 1}, {accelerator_pool(soc, a), 1}},
                         variant,
                         beside_others(duration_of(*stats, rule),
                                       soc.clusters[driver.value()], 1)});
    }
  }
  const bool runs_alone = std::any_of(modes.begin(), modes.end(), [](const Mode& mode) {
    return mode.demands.front().count == 1;
  });
  if (runs_alone) return modes;
  key.variant = options.variants.empty() ? "default" : options.variants.front();
  key.lane_class = soc.clusters.empty() ? "core" : soc.clusters.front().core_class;
  const std::string entry = op.kind == OpKind::kDispatch
                                ? graph.kernels[op.kernel.value()].entry
                                : std::string(name_of(op.kind)) + " of " +
                                      std::to_string(op.bytes) + " bytes";
  TAKT_TRY(costs.get(key, entry));
  return failed("internal: cost of '" + entry + "' found but not usable");
}

std::vector<Mode> submit_modes(const std::string& module, const std::string& function,
                               const Soc& soc, const CostTable& costs) {
  std::vector<Mode> modes;
  CostKey key{submit_cost_name(module, function), {1, 1, 1}, "", 1, "default"};
  for (size_t c = 0; c < soc.clusters.size(); ++c) {
    key.lane_class = soc.clusters[c].core_class;
    if (const CostStats* stats = costs.find(key))
      modes.push_back({{{PoolId(c), 1}}, "default",
                       beside_others(duration_of(*stats, {}), soc.clusters[c], 1)});
  }
  return modes;
}

}  // namespace takt
