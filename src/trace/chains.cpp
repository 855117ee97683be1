#include "trace/chains.h"

#include <algorithm>
#include <optional>
#include <span>

#include "base/quantile.h"
#include "trace/run_index.h"

namespace takt {
namespace {

struct Passage {               // a job that read and wrote
  uint64_t number = 0;
  Nanos release, read, write;
};
using Passages = std::vector<Passage>;   // of one task, by number

std::vector<Passages> passages_of(const RunIndex& index, size_t tasks) {
  std::vector<Passages> all(tasks);
  for (const RunIndex::JobRun& job : index.jobs()) {
    if (job.end == Nanos::max() || job.outcome == JobOutcome::kShed) continue;
    Nanos read = job.release;
    if (!index.runs().empty()) {
      if (job.runs == 0) continue;      // given up before it began
      read = Nanos::max();
      for (const RunIndex::OpRun& run : index.runs().subspan(job.first_run, job.runs))
        read = std::min(read, run.begin);
    }
    all[job.task].push_back({job.number, job.release, read, job.end});
  }
  return all;
}

class ChainReader {
 public:
  ChainReader(const Workload& workload, const Chain& chain, const Trace& trace,
              const std::vector<Passages>& passages) {
    for (const TaskId id : chain.tasks) {
      const auto name =
          std::find(trace.tasks.begin(), trace.tasks.end(), workload.tasks[id.value()].name);
      static const Passages none;
      stages_.push_back(name == trace.tasks.end()
                            ? &none
                            : &passages[size_t(name - trace.tasks.begin())]);
    }
    for (size_t i = 0; i + 1 < chain.tasks.size(); ++i)
      paired_.push_back(joins_equal(workload, chain.tasks[i], chain.tasks[i + 1]));
  }

  const Passages& first() const { return *stages_.front(); }
  const Passages& last() const { return *stages_.back(); }

  // What the output is made of.
  const Passage* source_of(const Passage* output) const {
    for (size_t i = paired_.size(); i-- > 0 && output;) {
      const Passages& makers = *stages_[i];
      if (paired_[i]) {
        output = numbered(makers, output->number);
        continue;
      }
      const auto later = std::partition_point(
          makers.begin(), makers.end(),
          [&](const Passage& maker) { return maker.write <= output->read; });
      output = later == makers.begin() ? nullptr : &*(later - 1);
    }
    return output;
  }

  // The first output that is made of it.
  const Passage* output_of(const Passage* source) const {
    for (size_t i = 0; i < paired_.size() && source; ++i) {
      const Passages& readers = *stages_[i + 1];
      if (paired_[i]) {
        source = numbered(readers, source->number);
        continue;
      }
      const auto reader = std::partition_point(
          readers.begin(), readers.end(),
          [&](const Passage& other) { return other.read < source->write; });
      source = reader == readers.end() ? nullptr : &*reader;
    }
    return source;
  }

 private:
  static bool joins_equal(const Workload& workload, TaskId from, TaskId to) {
    const Task& reader = workload.tasks[to.value()];
    if (reader.arrival == Arrival::kEvent && reader.on == from) return true;
    return std::any_of(workload.edges.begin(), workload.edges.end(), [&](const DataEdge& edge) {
      return edge.from == from && edge.to == to && edge.mode == DataEdge::Mode::kEvery;
    });
  }

  static const Passage* numbered(const Passages& all, uint64_t number) {
    const auto at = std::partition_point(all.begin(), all.end(), [&](const Passage& passage) {
      return passage.number < number;
    });
    return at == all.end() || at->number != number ? nullptr : &*at;
  }

  std::vector<const Passages*> stages_;
  std::vector<bool> paired_;     // per link
};

Spread spread_of(std::vector<Nanos> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::span<const Nanos> sorted(values);
  return {quantile(sorted, 500), quantile(sorted, 990), sorted.back()};
}

ChainFigures figures_of(const Chain& chain, const ChainReader& reader) {
  ChainFigures figures{chain.name, chain.deadline, 0, 0, {}, {}, {}};
  std::vector<Nanos> latencies, reactions, ages;
  const Passages& outputs = reader.last();
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Passage* source = reader.source_of(&outputs[i]);
    if (!source) continue;
    ++figures.outputs;
    latencies.push_back(outputs[i].write - source->release);
    figures.missed += chain.deadline > Nanos(0) && latencies.back() > chain.deadline;
    if (i + 1 < outputs.size()) ages.push_back(outputs[i + 1].write - source->read);
  }
  const Passages& sources = reader.first();
  for (size_t i = 1; i < sources.size(); ++i)
    if (const Passage* output = reader.output_of(&sources[i]))
      reactions.push_back(output->write - sources[i - 1].read);
  figures.latency = spread_of(std::move(latencies));
  figures.reaction = spread_of(std::move(reactions));
  figures.age = spread_of(std::move(ages));
  return figures;
}

}  // namespace

std::vector<ChainFigures> chain_figures(const Trace& trace, const Workload& workload) {
  const RunIndex index(trace, nullptr);
  const std::vector<Passages> passages = passages_of(index, trace.tasks.size());
  std::vector<ChainFigures> all;
  for (const Chain& chain : workload.chains)
    if (!chain.tasks.empty())
      all.push_back(figures_of(chain, ChainReader(workload, chain, trace, passages)));
  return all;
}

}  // namespace takt
