// The part of CpModel about levels: each as a sum to minimise, and as a cap.
#include <algorithm>

#include "base/check.h"
#include "base/int128.h"
#include "solve/exact/cp_model.h"

namespace takt::exact {
namespace {

int64_t saturated(Int128 value) {
  return static_cast<int64_t>(std::min<Int128>(value, INT64_MAX));
}

}  // namespace

void CpModel::add_levels() {
  for (const LevelCap& each : question_.caps) cap(each);
  // No value reaches the second: CpWriter::too_large().
  const int64_t high = std::min(question_.upper, INT64_MAX / 2) - 1;
  infeasible_ |= high < question_.lower;
  if (infeasible_) return;
  writer_.minimize(sum_of(question_.level), question_.lower, high);
}

void CpModel::at_most(CpAffine expression, int64_t value, std::span<const CpLiteral> when) {
  if (expression.var < 0 && when.empty()) {
    infeasible_ |= expression.offset > value;
    return;
  }
  writer_.linear(CpSum().add(expression), -CpWriter::kUnbounded, value, when);
}

void CpModel::cap(const LevelCap& cap) {
  switch (cap.level) {
    case Level::kMakespan:                     // also a bound of every window
      for (uint32_t op = 0; op < problem_.size(); ++op) at_most(ops_[op].end, cap.value);
      return;
    case Level::kChainLatency:                 // ceil(1e6 * x / d) <= v  <=>  x <= v * d / 1e6
      for (const InstanceChain& chain : instance_.chains)
        for (const ChainRun& run : chain.runs)
          cap_completion(run.last.value(),
                         Nanos(saturated(Int128{instance_.jobs[run.first.value()].release.ns} +
                                         Int128{cap.value} * chain.deadline.ns / 1'000'000)));
      return;
    default: {
      const CpSum sum = sum_of(cap.level);
      if (!sum.vars().empty())
        writer_.linear(sum, -CpWriter::kUnbounded, cap.value);
      else
        infeasible_ |= sum.constant() > cap.value;
    }
  }
}

void CpModel::cap_completion(uint32_t job, Nanos latest) {
  if (latest == Nanos::max()) return;
  for (const CpAffine& term : completion_terms(job)) at_most(term, latest.ns);
}

CpSum CpModel::sum_of(Level level) {
  switch (level) {
    case Level::kHardMisses: return misses(Criticality::kHard);
    case Level::kHardTardiness: return tardiness(Criticality::kHard);
    case Level::kFirmMisses: return misses(Criticality::kFirm);
    case Level::kChainLatency: return chain_latency();
    case Level::kControlJitter: return control_jitter();
    case Level::kSoftTardiness: return tardiness(Criticality::kSoft);
    case Level::kMakespan: return makespan();
    case Level::kActiveLanes: return active_lanes();
    case Level::kBusy: return busy();
  }
  return {};
}

// The job is complete when the greatest of these has come: the ends of graph operations that
// no graph operation of the job follows, and the release.
std::vector<CpAffine> CpModel::completion_terms(uint32_t job) const {
  const Job& it = instance_.jobs[job];
  std::vector<CpAffine> terms;
  Nanos known = it.release;
  for (uint32_t op = it.first_op; op < it.first_op + it.op_count; ++op) {
    if (problem_.is_submit(op)) continue;
    const std::span<const Arc> succs = problem_.succs(op);
    if (std::any_of(succs.begin(), succs.end(), [&](const Arc& arc) {
          return problem_.job_of(arc.op) == job && !problem_.is_submit(arc.op) &&
                 !committed(arc.op);
        }))
      continue;
    if (ops_[op].end.var < 0)
      known = std::max(known, Nanos(ops_[op].end.offset));
    else
      terms.push_back(ops_[op].end);
  }
  // What is not known ends after the release.
  if (terms.empty() || known > it.release) terms.push_back({-1, known.ns});
  return terms;
}

CpAffine CpModel::completion(uint32_t job) {
  const std::vector<CpAffine> terms = completion_terms(job);
  if (terms.size() == 1) return terms.front();
  const CpVar latest = writer_.variable(instance_.jobs[job].release.ns,
                                        std::max(end_max_.ns, terms.back().offset));
  writer_.equal_to_max(latest, terms);
  return {latest};
}

CpSum CpModel::misses(Criticality criticality) {
  CpSum sum;
  for (uint32_t j = 0; j < instance_.jobs.size(); ++j) {
    const Job& job = instance_.jobs[j];
    if (job.deadline == Nanos::max() ||
        instance_.tasks[job.task.value()].criticality != criticality)
      continue;
    const CpLiteral late = writer_.literal();
    for (const CpAffine& term : completion_terms(j))
      at_most(term, job.deadline.ns, std::vector<CpLiteral>{negated(late)});
    sum.add({late});
  }
  return sum;
}

CpSum CpModel::tardiness(Criticality criticality) {
  CpSum sum;
  for (uint32_t j = 0; j < instance_.jobs.size(); ++j) {
    const Job& job = instance_.jobs[j];
    const InstanceTask& task = instance_.tasks[job.task.value()];
    if (job.deadline == Nanos::max() || task.criticality != criticality) continue;
    const std::vector<CpAffine> terms = completion_terms(j);
    int64_t most = std::max<int64_t>(0, (end_max_ - job.deadline).ns);
    for (const CpAffine& term : terms)
      if (term.var < 0) most = std::max(most, term.offset - job.deadline.ns);
    const CpVar late = writer_.variable(0, most);
    for (const CpAffine& term : terms)
      writer_.linear(CpSum().add(term).add({late}, -1), -CpWriter::kUnbounded, job.deadline.ns);
    sum.add({late}, task.weight);
  }
  return sum;
}

// The least v with 1e6 * (completion - release) <= v * deadline for every run.
CpSum CpModel::chain_latency() {
  constexpr int64_t kMillion = 1'000'000;
  Int128 most = 0;
  Nanos latest = end_max_;
  for (const Commitment& done : instance_.commitments)
    latest = std::max(latest, Nanos(ops_[done.op.value()].end.offset));
  for (const InstanceChain& chain : instance_.chains)
    for (const ChainRun& run : chain.runs) {
      const Nanos released = instance_.jobs[run.first.value()].release;
      const Nanos done = std::max(latest, instance_.jobs[run.last.value()].release);
      most = std::max(most, Int128{(done - released).ns} * kMillion / chain.deadline.ns + 1);
    }
  const CpVar worst = writer_.variable(0, saturated(most));
  for (const InstanceChain& chain : instance_.chains)
    for (const ChainRun& run : chain.runs) {
      const int64_t released = instance_.jobs[run.first.value()].release.ns;
      for (const CpAffine& term : completion_terms(run.last.value())) {
        CpSum excess;
        excess.add(term.plus(-released), kMillion).add({worst}, -chain.deadline.ns);
        writer_.linear(excess, -CpWriter::kUnbounded, 0);
      }
    }
  return CpSum().add({worst});
}

CpSum CpModel::control_jitter() {
  CpSum sum;
  for (uint32_t t = 0; t < instance_.tasks.size(); ++t) {
    const Nanos allowed = instance_.tasks[t].jitter_max;
    if (allowed == Nanos::max()) continue;
    std::vector<CpAffine> responses;
    int64_t most = 0;
    for (uint32_t j = 0; j < instance_.jobs.size(); ++j) {
      if (instance_.jobs[j].task.value() != t) continue;
      responses.push_back(completion(j).plus(-instance_.jobs[j].release.ns));
      most = std::max({most, (end_max_ - instance_.jobs[j].release).ns,
                       responses.back().var < 0 ? responses.back().offset : 0});
    }
    if (responses.size() < 2) continue;
    const CpVar least = writer_.variable(0, most), greatest = writer_.variable(0, most);
    for (const CpAffine& response : responses) {
      writer_.linear(CpSum().add(response).add({least}, -1), 0, CpWriter::kUnbounded);
      writer_.linear(CpSum().add({greatest}).add(response, -1), 0, CpWriter::kUnbounded);
    }
    const CpVar excess = writer_.variable(0, most);
    CpSum spread;
    spread.add({greatest}).add({least}, -1).add({excess}, -1);
    writer_.linear(spread, -CpWriter::kUnbounded, allowed.ns);
    sum.add({excess});
  }
  return sum;
}

CpSum CpModel::makespan() {
  int64_t known = 0;
  for (uint32_t op = 0; op < problem_.size(); ++op)
    if (ops_[op].end.var < 0) known = std::max(known, ops_[op].end.offset);
  const CpVar last = writer_.variable(std::min(known, end_max_.ns), std::max(known, end_max_.ns));
  for (uint32_t op = 0; op < problem_.size(); ++op)
    if (problem_.succs(op).empty() || committed(op))
      writer_.linear(CpSum().add({last}).add(ops_[op].end, -1), 0, CpWriter::kUnbounded);
  for (uint32_t pool = 0; pool < instance_.pools.size(); ++pool) add_load(pool, last);
  return CpSum().add({last});
}

// The lane time a pool's operations take fits between the first one's start and the last one's
// end. Implied, but the linear relaxation sees it only when it is said.
void CpModel::add_load(uint32_t pool, CpVar last) {
  const auto lanes = static_cast<int64_t>(instance_.pools[pool].lanes.size());
  CpSum load;
  Nanos head = Nanos::max(), tail = Nanos::max();
  for (uint32_t op = 0; op < problem_.size(); ++op)
    for (size_t m = 0; m < ops_[op].modes.size(); ++m)
      for (const Demand& demand : problem_.modes(op)[m].demands) {
        if (demand.pool.value() != pool || ops_[op].intervals[m] < 0) continue;
        load.add({ops_[op].modes[m]}, demand.count * problem_.modes(op)[m].duration.ns);
        head = std::min(head, earliest_[op]);
        tail = std::min(tail, tail_[op]);
      }
  if (load.vars().size() < 2) return;
  writer_.linear(load.add({last}, -lanes), -CpWriter::kUnbounded, -lanes * (head + tail).ns);
}

CpSum CpModel::active_lanes() {
  CpSum sum;
  for (const CpAffine& active : active_) sum.add(active);
  return sum;
}

CpSum CpModel::busy() {
  CpSum sum;
  for (uint32_t op = 0; op < problem_.size(); ++op)
    for (size_t m = 0; m < ops_[op].modes.size(); ++m)
      if (ops_[op].modes[m] >= 0)
        sum.add({ops_[op].modes[m]}, problem_.modes(op)[m].area().ns);
  return sum;
}

}  // namespace takt::exact
