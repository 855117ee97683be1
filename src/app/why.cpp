#include "app/why.h"

#include <algorithm>

#include "app/report.h"

namespace takt {
namespace {

constexpr size_t kCausesShown = 3;

std::string text_of(const CausePart& part, const Why& why, const OpNames& names) {
  const auto task = [&] { return part.task < why.tasks.size() ? why.tasks[part.task] : "?"; };
  const auto lane = [&] { return part.lane < why.lanes.size() ? why.lanes[part.lane] : "?"; };
  switch (part.cause) {
    case Cause::kExecution: return task() + "/" + names.name(task(), part.op) + " ran longer";
    case Cause::kQueueing: return "queueing behind " + task();
    case Cause::kResource:
      return lane() + (part.task < why.tasks.size() ? " held by " + task() : " not available");
    case Cause::kLateInput: return "late input of " + task();
    case Cause::kLateStart: return "late start, " + lane() + " was free";
    case Cause::kNoRoom: return "no room in the plan";
    case Cause::kUnknown: break;
  }
  return "unknown";
}

void add(const TaskCauses& more, TaskCauses& sums) {
  for (const CauseSum& sum : more.causes) {
    const auto at = std::find_if(sums.causes.begin(), sums.causes.end(), [&](const CauseSum& s) {
      return s.main.cause == sum.main.cause && s.main.task == sum.main.task &&
             s.main.lane == sum.main.lane;
    });
    if (at == sums.causes.end()) {
      sums.causes.push_back(sum);
      continue;
    }
    at->main.time += sum.main.time;
    at->missed += sum.missed;
    at->shed += sum.shed;
  }
  std::stable_sort(sums.causes.begin(), sums.causes.end(),
                   [](const CauseSum& a, const CauseSum& b) {
                     return a.missed + a.shed > b.missed + b.shed;
                   });
}

nlohmann::ordered_json json_of(const Spread& spread) {
  return {{"p50", spread.p50.us()}, {"p99", spread.p99.us()}, {"max", spread.max.us()}};
}

std::string text_of(const ChainFigures& chain) {
  std::string text = "  chain " + chain.name + ": latency p50 " + duration_text(chain.latency.p50) +
                     ", p99 " + duration_text(chain.latency.p99) + ", max " +
                     duration_text(chain.latency.max) + "; reaction up to " +
                     duration_text(chain.reaction.max) + ", age up to " +
                     duration_text(chain.age.max) + "; " + std::to_string(chain.missed) + " of " +
                     std::to_string(chain.outputs);
  return text + " over " + duration_text(chain.deadline) + "\n";
}

}  // namespace

Why explain_misses(const std::vector<Trace>& traces, const Plan* plan, const MissionFacts& facts,
                   const Workload* workload) {
  const Trace& first = traces.front();
  Why why{first.tasks, first.lanes, std::vector<TaskCauses>(first.tasks.size()), {}};
  for (const Trace& trace : traces) {
    const auto sums = sum_causes(attribute_misses(trace, plan, facts), trace.tasks.size());
    for (size_t task = 0; task < std::min(sums.size(), why.causes.size()); ++task)
      add(sums[task], why.causes[task]);
  }
  if (workload) why.chains = chain_figures(first, *workload);
  return why;
}

nlohmann::ordered_json causes_json(const Why& why, const OpNames& names) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (size_t task = 0; task < why.tasks.size(); ++task)
    for (const CauseSum& sum : why.causes[task].causes)
      json[why.tasks[task]].push_back({{"cause", name_of(sum.main.cause)},
                                       {"what", text_of(sum.main, why, names)},
                                       {"missed", sum.missed},
                                       {"shed", sum.shed},
                                       {"time_us", sum.main.time.us()}});
  return json;
}

nlohmann::ordered_json chains_json(const std::vector<ChainFigures>& chains) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ChainFigures& chain : chains)
    json.push_back({{"name", chain.name},
                    {"deadline_us", chain.deadline.us()},
                    {"outputs", chain.outputs},
                    {"missed", chain.missed},
                    {"latency_us", json_of(chain.latency)},
                    {"reaction_us", json_of(chain.reaction)},
                    {"age_us", json_of(chain.age)}});
  return json;
}

std::string why_text(const Why& why, const OpNames& names) {
  std::string text;
  for (size_t task = 0; task < why.tasks.size(); ++task) {
    const std::vector<CauseSum>& causes = why.causes[task].causes;
    if (causes.empty()) continue;
    text += "  why " + why.tasks[task] + ": ";
    for (size_t i = 0; i < std::min(causes.size(), kCausesShown); ++i) {
      const int64_t jobs = causes[i].missed + causes[i].shed;
      text += (i ? "; " : "") + std::to_string(jobs) + " " + text_of(causes[i].main, why, names) +
              " (" + duration_text(causes[i].main.time / jobs) + ")";
    }
    int64_t rest = 0;
    for (size_t i = kCausesShown; i < causes.size(); ++i) rest += causes[i].missed + causes[i].shed;
    text += (rest ? "; " + std::to_string(rest) + " otherwise" : "") + "\n";
  }
  for (const ChainFigures& chain : why.chains) text += text_of(chain);
  return text;
}

nlohmann::ordered_json stale_json(const std::vector<StaleReads>& stale) {
  auto json = nlohmann::ordered_json::array();
  for (const StaleReads& edge : stale)
    json.push_back({{"from", edge.from},
                    {"to", edge.to},
                    {"staleness_us", edge.staleness.us()},
                    {"reads", edge.reads},
                    {"stale", edge.stale},
                    {"without_data", edge.without},
                    {"oldest_us", edge.oldest.us()}});
  return json;
}

std::string stale_text(const std::vector<StaleReads>& stale) {
  std::string text;
  for (const StaleReads& edge : stale) {
    if (edge.stale == 0) continue;
    text += "  stale: " + edge.to + " read " + edge.from + " older than " +
            duration_text(edge.staleness) + " " + std::to_string(edge.stale) + " of " +
            std::to_string(edge.reads) + " times, up to " + duration_text(edge.oldest) + " old\n";
  }
  return text;
}

}  // namespace takt
