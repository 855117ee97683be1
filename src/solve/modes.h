// The modes of an operation: which lanes together can run it, and for how long, as
// far as costs are known. First half of graphs + SoC + costs -> Instance.
//
// Widths are 1, 2, 4 ... up to the cluster and never more than the kernel has tiles
// (workgroups); fills and copies have width 1. An accelerator runs an operation
// together with one core of the cluster that drives it. A width whose cost is not known
// is left out; an operation with no mode at all is an error that names the cost. On a
// cluster with a co-running slow-down (Cluster::corun_pct) a mode that leaves cores to others
// takes that much longer, always: what others do is not known when modes are made.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/cost_table.h"
#include "model/dispatch_graph.h"
#include "model/instance.h"
#include "model/soc.h"
#include "model/workload.h"

namespace takt {

enum class Quantile { kMedian, kP95, kMax };

// Which measured duration a plan counts with, and what it adds to it.
struct DurationRule {
  Quantile quantile = Quantile::kMedian;
  int margin_pct = 0;
  bool operator==(const DurationRule&) const = default;
};

// By criticality, most critical first: a hard job is planned with what it may take, the others
// with what they usually take, which is what a run keeps closest to. No margin on top: a job is
// a chain of operations, and the sum of their 95 % quantiles is far above that of their sum.
using DurationRules = std::array<DurationRule, 4>;
inline constexpr DurationRules kDurationRules{DurationRule{Quantile::kP95}, {}, {}, {}};

// "hard=p95+10,firm=median": quantile median, p95 or max, and a margin in per cent; criticalities
// that are not named keep what `rules` says. The error says what is wrong.
Result<DurationRules> parse_duration_rules(const std::string& text, DurationRules rules);

struct ModeOptions {
  DurationRules durations = kDurationRules;
  std::vector<std::string> variants{"default"};
  int max_width = 1 << 16;
  // A wider mode is a mode only if it saves at least this much over every narrower one of
  // its pool, and this part of its duration: below that, meeting on several lanes costs
  // more in jitter than it gains.
  Nanos wider_gain_min{500};
  int wider_gain_pct_min = 5;
};

// One pool per cluster (same index as Soc::clusters), then one per accelerator. Each cluster
// is a site, of its index; an accelerator is at the site of the cluster that drives it.
std::vector<Pool> pools_of(const Soc& soc);
std::vector<SiteLink> links_of(const Soc& soc);

// The modes of `op`, narrowest first within a pool. kUsage when no cost of width 1 is
// known on any lane class.
Result<std::vector<Mode>> modes_of(const DispatchGraph& graph, const GraphOp& op, const Soc& soc,
                                   const CostTable& costs, const DurationRule& rule,
                                   const ModeOptions& options);

// The modes of the host work that submits one job of `module`/`function`, width 1 on a
// core; empty when that was not measured. Medians: no deadline waits for it, and the tail
// of host work is the operating system's.
std::vector<Mode> submit_modes(const std::string& module, const std::string& function,
                               const Soc& soc, const CostTable& costs);

}  // namespace takt
