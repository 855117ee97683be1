// Learning from runs: what a mission's traces say about costs, into the database; and what changed
// there, between runs, hosts or times.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "app/prepare.h"
#include "base/result.h"
#include "cost/cost_db.h"
#include "cost/learn.h"
#include "model/cost_table.h"
#include "model/soc.h"
#include "model/trace_event.h"

namespace takt {

struct CostChange {
  CostKey key;
  std::string entry, module;
  CostStats before, after;
  double ratio() const {           // of the medians
    return double(after.median.ns) / double(before.median.ns);
  }
};

struct LearnSummary {
  int64_t executions = 0;          // recorded
  int64_t left_out = 0;            // pre-empted, joined late, or unknown
  int64_t costs = 0;               // that have new samples
  std::vector<CostChange> drifted; // whose level changed within the history: by how much
};

// Records what the traces of one run say about the costs of the compiled workload's functions
// on `host`'s lanes `soc`: one transaction for each. REQUIRES: db was opened to write
Result<LearnSummary> learn_run(std::span<const Trace> traces, const CompiledWorkload& compiled,
                               const Soc& soc, CostDb& db, const std::string& host);

// Learns from a run while it goes on: what was measured is committed every few seconds, so that a
// run that is killed loses the last of them only. An operation is recorded when its job has ended
// and all lanes have been drained since. Threads: one.
class RunLearner {
 public:
  // `db` was opened to write. All outlive this.
  RunLearner(const CompiledWorkload& compiled, const Soc& soc, CostDb& db, std::string host);

  // Any event of the run. The tasks of the run are those of the workload, in its order.
  void observe(const TraceEvent& event);
  // Commits what is complete at `now`, when it is time. What goes wrong is told by finish().
  void commit(Nanos now);
  // Commits the rest. The first error of any commit.
  Result<LearnSummary> finish();

 private:
  Status record(bool all, Nanos now);

  const CompiledWorkload& compiled_;
  const std::vector<LearnLane> lanes_;
  CostDb& db_;
  const std::string host_;
  Trace open_;                         // events that are not recorded yet
  std::vector<TraceEvent> ends_;       // of jobs whose operations are among them
  std::vector<uint64_t> ended_;        // per task: the job behind the last whose operations are in
  Nanos committed_at_;
  std::set<CostKey> keys_;
  LearnSummary summary_;
  Status error_;
};

nlohmann::ordered_json learned_json(const LearnSummary& summary);
std::string learned_text(const LearnSummary& summary, const std::string& db_path);

// Costs in both tables whose medians differ by at least `least_pct`, the largest ratio first.
std::vector<CostChange> changed_costs(const std::vector<CostEntry>& names, const CostTable& before,
                                      const CostTable& after, double least_pct);

// Costs of `entries` whose batches changed their level for good somewhere in the kept history,
// as of the last time: the change-point test of dispatch/change_point.h over the medians of the
// batches of one condition, three of which in a row have to agree.
Result<std::vector<CostChange>> drifted_costs(CostDb& db, const std::string& host,
                                              std::span<const CostEntry> entries);

}  // namespace takt
