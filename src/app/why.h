// Why: the part of a report that says why jobs were missed and what the chains went through.
// Shared by `takt run`, `takt sim` and the benches.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/plan.h"
#include "model/trace_event.h"
#include "model/workload.h"
#include "trace/attribution.h"
#include "trace/chains.h"
#include "trace/op_names.h"
#include "trace/stale_reads.h"

namespace takt {

struct Why {
  std::vector<std::string> tasks, lanes;
  std::vector<TaskCauses> causes;        // per task
  std::vector<ChainFigures> chains;      // of the first trace
};

// Of the runs of one mission, one after another. `plan` and `workload` may be nullptr.
// REQUIRES: traces not empty
Why explain_misses(const std::vector<Trace>& traces, const Plan* plan, const MissionFacts& facts,
                   const Workload* workload);

// {task: [{"cause", "what", "missed", "shed", "time_us"}]}, tasks without misses left out.
nlohmann::ordered_json causes_json(const Why& why, const OpNames& names);
// [{"name", "deadline_us", "outputs", "missed", "latency_us" {p50, p99, max}, "reaction_us",
//   "age_us"}]
nlohmann::ordered_json chains_json(const std::vector<ChainFigures>& chains);

// [{"from", "to", "staleness_us", "reads", "stale", "without_data", "oldest_us"}]
nlohmann::ordered_json stale_json(const std::vector<StaleReads>& stale);
// A line per edge whose data was too old when it was read.
std::string stale_text(const std::vector<StaleReads>& stale);

// A line per task with misses, its three main causes; a line per chain.
std::string why_text(const Why& why, const OpNames& names);

}  // namespace takt
