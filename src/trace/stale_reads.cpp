#include "trace/stale_reads.h"

#include <algorithm>
#include <map>

namespace takt {
namespace {

struct JobTimes {
  Nanos release, begin = Nanos::max(), end = Nanos::max();
  bool writes = false;
};

// Of the jobs of one task, by number; those that were neither shed nor left unfinished.
std::vector<JobTimes> jobs_of(const Trace& trace, const std::string& task) {
  std::map<uint64_t, JobTimes> jobs;
  for (const TraceEvent& event : trace.events) {
    if (event.task >= trace.tasks.size() || trace.tasks[event.task] != task) continue;
    JobTimes& job = jobs[event.job];
    if (event.kind == TraceEvent::Kind::kOp) job.begin = std::min(job.begin, event.begin);
    if (event.kind != TraceEvent::Kind::kJobEnd) continue;
    job.release = event.begin;
    job.end = event.end;
    job.writes = event.value != static_cast<uint16_t>(JobOutcome::kShed) && event.end > Nanos(0);
  }
  std::vector<JobTimes> made;
  for (auto& [number, job] : jobs) {
    if (!job.writes) continue;
    if (job.begin == Nanos::max()) job.begin = job.release;
    made.push_back(job);
  }
  return made;
}

}  // namespace

std::vector<StaleReads> stale_reads(const Trace& trace, const Workload& workload) {
  std::vector<StaleReads> all;
  for (const DataEdge& edge : workload.edges) {
    if (edge.mode != DataEdge::Mode::kLatest || edge.staleness == Nanos::max()) continue;
    StaleReads reads{workload.tasks[edge.from.value()].name, workload.tasks[edge.to.value()].name,
                     edge.staleness};
    std::vector<JobTimes> writers = jobs_of(trace, reads.from);
    std::sort(writers.begin(), writers.end(),
              [](const JobTimes& a, const JobTimes& b) { return a.end < b.end; });
    for (const JobTimes& reader : jobs_of(trace, reads.to)) {
      const auto next = std::upper_bound(
          writers.begin(), writers.end(), reader.begin,
          [](Nanos begin, const JobTimes& writer) { return begin < writer.end; });
      if (next == writers.begin()) {
        ++reads.without;
        continue;
      }
      const Nanos age = reader.release - std::prev(next)->release;
      ++reads.reads;
      reads.stale += age > edge.staleness;
      reads.oldest = std::max(reads.oldest, age);
    }
    all.push_back(std::move(reads));
  }
  return all;
}

}  // namespace takt
