#include "app/learning.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "app/build_info.h"
#include "app/mission_tuning.h"
#include "cost/learn.h"
#include "dispatch/change_point.h"
#include "dispatch/tuning.h"

namespace takt {
namespace {

void sort_by_ratio(std::vector<CostChange>& changes) {
  const auto size = [](const CostChange& change) {
    return std::max(change.ratio(), 1 / change.ratio());
  };
  std::sort(changes.begin(), changes.end(), [&](const CostChange& a, const CostChange& b) {
    return size(a) != size(b) ? size(a) > size(b) : a.key < b.key;
  });
}

// The last change of level in `history` (newest first), of the condition with most samples.
std::optional<std::pair<CostStats, CostStats>> last_change(const std::vector<CostBatch>& history) {
  std::map<CostCondition, int64_t> samples;
  for (const CostBatch& batch : history) samples[batch.condition] += batch.stats.count;
  const auto most = std::max_element(samples.begin(), samples.end(), [](auto& a, auto& b) {
    return a.second < b.second;
  });
  if (most == samples.end()) return std::nullopt;
  std::vector<const CostBatch*> batches;   // oldest first
  for (auto at = history.rbegin(); at != history.rend(); ++at)
    if (at->condition == most->first) batches.push_back(&*at);
  ChangePointOptions options;
  options.limit = dispatch_tuning::kCusumLimitOfMedians;
  ChangePoint test(options);
  std::optional<std::pair<CostStats, CostStats>> found;
  for (size_t i = 0; i < batches.size(); ++i) {
    const auto change = test.add(batches.front()->stats.median, batches[i]->stats.median);
    if (!change) continue;
    const size_t first = i + 1 - std::min<size_t>(change->samples, i + 1);
    if (first > 0) found = {batches[first - 1]->stats, batches[i]->stats};
  }
  return found;
}

std::vector<LearnTask> tasks_of(const Trace& trace, const CompiledWorkload& compiled) {
  std::vector<LearnTask> tasks(trace.tasks.size());
  for (const Task& task : compiled.workload.tasks) {
    const size_t m = task.module.value();
    const WorkloadModule& module = compiled.workload.modules[m];
    for (size_t i = 0; i < trace.tasks.size(); ++i)
      if (trace.tasks[i] == task.name)
        tasks[i] = {module.name, &compiled.modules[m].graph, module.function};
  }
  return tasks;
}

std::vector<LearnLane> lanes_of(const Soc& soc) {
  std::vector<LearnLane> lanes;
  for (const Lane& lane : soc.lanes) lanes.push_back({lane.lane_class, lane.cluster.value()});
  return lanes;
}

// What one trace says, into the database.
Status record_trace(const Trace& trace, const CompiledWorkload& compiled,
                    const std::vector<LearnLane>& lanes, CostDb& db, const std::string& host,
                    std::set<CostKey>& keys, LearnSummary& summary) {
  Learned learned = learn(trace, tasks_of(trace, compiled), lanes);
  for (CostRecord& record : learned.records) {
    record.origin.takt_version = kTaktVersion;
    keys.insert(record.key);
  }
  TAKT_TRY(db.record(host, learned.records));
  summary.executions += learned.executions;
  summary.left_out += learned.preempted + learned.joined_late + learned.unknown;
  return {};
}

Status add_drift(const std::set<CostKey>& keys, CostDb& db, const std::string& host,
                 LearnSummary& summary) {
  summary.costs = static_cast<int64_t>(keys.size());
  TAKT_ASSIGN(std::vector<CostEntry> entries, db.entries(host));
  std::erase_if(entries, [&](const CostEntry& entry) { return !keys.contains(entry.key); });
  TAKT_ASSIGN(summary.drifted, drifted_costs(db, host, entries));
  return {};
}

}  // namespace

Result<LearnSummary> learn_run(std::span<const Trace> traces, const CompiledWorkload& compiled,
                               const Soc& soc, CostDb& db, const std::string& host) {
  const std::vector<LearnLane> lanes = lanes_of(soc);
  LearnSummary summary;
  std::set<CostKey> keys;
  for (const Trace& trace : traces)
    TAKT_TRY(record_trace(trace, compiled, lanes, db, host, keys, summary));
  TAKT_TRY(add_drift(keys, db, host, summary));
  return summary;
}

RunLearner::RunLearner(const CompiledWorkload& compiled, const Soc& soc, CostDb& db,
                       std::string host)
    : compiled_(compiled), lanes_(lanes_of(soc)), db_(db), host_(std::move(host)),
      ended_(compiled.workload.tasks.size()) {
  for (const Task& task : compiled.workload.tasks) open_.tasks.push_back(task.name);
}

void RunLearner::observe(const TraceEvent& event) {
  if (event.kind == TraceEvent::Kind::kJobEnd) ends_.push_back(event);
  if (event.kind == TraceEvent::Kind::kOp || event.kind == TraceEvent::Kind::kSubmit)
    open_.events.push_back(event);
}

void RunLearner::commit(Nanos now) {
  if (committed_at_ == Nanos(0)) committed_at_ = now;
  if (now < committed_at_ + mission_tuning::kLearnPeriod || !error_.ok()) return;
  committed_at_ = now;
  error_ = record(false, now);
}

Status RunLearner::record(bool all, Nanos now) {
  std::erase_if(ends_, [&](const TraceEvent& end) {
    if (!all && end.end + mission_tuning::kDrainedBy > now) return false;
    if (end.task < ended_.size()) ended_[end.task] = std::max(ended_[end.task], end.job + 1);
    return true;
  });
  Trace complete{.tasks = open_.tasks};
  std::erase_if(open_.events, [&](const TraceEvent& event) {
    if (!all && event.task < ended_.size() && event.job >= ended_[event.task]) return false;
    complete.events.push_back(event);
    return true;
  });
  return record_trace(complete, compiled_, lanes_, db_, host_, keys_, summary_);
}

Result<LearnSummary> RunLearner::finish() {
  TAKT_TRY(error_);
  TAKT_TRY(record(true, Nanos::max()));
  TAKT_TRY(add_drift(keys_, db_, host_, summary_));
  return summary_;
}

nlohmann::ordered_json learned_json(const LearnSummary& summary) {
  nlohmann::ordered_json json{{"executions", summary.executions},
                              {"left_out", summary.left_out},
                              {"costs", summary.costs},
                              {"drifted", nlohmann::ordered_json::array()}};
  for (const CostChange& change : summary.drifted)
    json["drifted"].push_back({{"module", change.module}, {"kernel", change.entry},
                               {"lane_class", change.key.lane_class},
                               {"width", change.key.width}, {"ratio", change.ratio()}});
  return json;
}

std::string learned_text(const LearnSummary& summary, const std::string& db_path) {
  std::string text = "  learned: " + std::to_string(summary.executions) + " executions of " +
                     std::to_string(summary.costs) + " costs into " + db_path;
  if (summary.left_out > 0)
    text += " (" + std::to_string(summary.left_out) + " pre-empted or shared ones left out)";
  text += '\n';
  if (!summary.drifted.empty()) {
    const CostChange& worst = summary.drifted.front();
    char ratio[32];
    std::snprintf(ratio, sizeof ratio, "%+.0f %%", 100 * (worst.ratio() - 1));
    text += "  drift: " + std::to_string(summary.drifted.size()) +
            " costs are others than in earlier runs, most of all " + worst.module + "/" +
            worst.entry + " (" + ratio + "); `takt cost drift` lists them\n";
  }
  return text;
}

std::vector<CostChange> changed_costs(const std::vector<CostEntry>& names, const CostTable& before,
                                      const CostTable& after, double least_pct) {
  std::vector<CostChange> changes;
  for (const CostEntry& entry : names) {
    const CostStats* old = before.find(entry.key);
    const CostStats* now = after.find(entry.key);
    if (!old || !now) continue;
    const CostChange change{entry.key, entry.entry, entry.module, *old, *now};
    if (std::max(change.ratio(), 1 / change.ratio()) >= 1 + least_pct / 100)
      changes.push_back(change);
  }
  sort_by_ratio(changes);
  return changes;
}

Result<std::vector<CostChange>> drifted_costs(CostDb& db, const std::string& host,
                                              std::span<const CostEntry> entries) {
  std::vector<CostChange> changes;
  for (const CostEntry& entry : entries) {
    TAKT_ASSIGN(const std::vector<CostBatch> history, db.history(host, entry.key));
    if (const auto change = last_change(history))
      changes.push_back({entry.key, entry.entry, entry.module, change->first, change->second});
  }
  sort_by_ratio(changes);
  return changes;
}

}  // namespace takt
