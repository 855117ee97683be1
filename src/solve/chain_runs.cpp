#include "solve/chain_runs.h"

#include <algorithm>
#include <optional>

namespace takt {
namespace {

// The index of the job of `producer` whose data job `k` of `consumer` reads.
std::optional<size_t> source_of(const Task& producer, const std::vector<JobId>& producer_jobs,
                                const Task& consumer, size_t k, Nanos consumer_release,
                                const Instance& instance) {
  if (producer.period == consumer.period)
    return k < producer_jobs.size() ? std::optional(k) : std::nullopt;
  const auto complete = [&](JobId job) {
    return instance.jobs[job.value()].release <= consumer_release - producer.deadline;
  };
  const auto later = std::partition_point(producer_jobs.begin(), producer_jobs.end(), complete);
  if (later == producer_jobs.begin()) return std::nullopt;
  return static_cast<size_t>(later - producer_jobs.begin()) - 1;
}

}  // namespace

std::vector<InstanceChain> chains_of(const Workload& workload,
                                     const std::vector<std::vector<JobId>>& jobs,
                                     const Instance& instance) {
  std::vector<InstanceChain> chains;
  for (const Chain& chain : workload.chains) {
    if (chain.tasks.empty() || chain.deadline <= Nanos(0)) continue;
    InstanceChain out{chain.name, chain.deadline, {}};
    const std::vector<JobId>& last = jobs[chain.tasks.back().value()];
    for (size_t end = 0; end < last.size(); ++end) {
      std::optional<size_t> k = end;
      for (size_t i = chain.tasks.size() - 1; i > 0 && k; --i) {
        const uint32_t producer = chain.tasks[i - 1].value(), consumer = chain.tasks[i].value();
        const Nanos release = instance.jobs[jobs[consumer][*k].value()].release;
        k = source_of(workload.tasks[producer], jobs[producer], workload.tasks[consumer], *k,
                      release, instance);
      }
      if (k) out.runs.push_back({jobs[chain.tasks.front().value()][*k], last[end]});
    }
    if (!out.runs.empty()) chains.push_back(std::move(out));
  }
  return chains;
}

}  // namespace takt
