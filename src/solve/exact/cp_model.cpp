#include "solve/exact/cp_model.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/int128.h"

namespace takt::exact {

CpModel::CpModel(const Problem& problem, const CpQuestion& question)
    : problem_(problem), instance_(problem.instance()), question_(question) {
  CHECK(question_.fixed.empty() || question_.hint);
  writer_.variable(1, 1);
  commitment_.assign(problem_.size(), nullptr);
  for (const Commitment& done : instance_.commitments) commitment_[done.op.value()] = &done;
  fixed_.assign(problem_.size(), 0);
  for (const uint32_t op : question_.fixed) fixed_[op] = 1;
  active_lanes_matter_ = question_.level == Level::kActiveLanes;
  for (const LevelCap& cap : question_.caps)
    active_lanes_matter_ |= cap.level == Level::kActiveLanes;
  bound_windows();
  if (too_large_) return;
  add_modes();
  for (uint32_t op = 0; op < problem_.size() && !infeasible_; ++op) add_operation(op);
  if (infeasible_) return;
  add_precedences();
  add_pools();
  add_levels();
  add_hint();
}

// Some optimal schedule of any level ends by then. Without idle time a schedule ends by the
// last fixed time plus all work and delays. Idle time after the last fixed time helps no level
// but control jitter, and that only while it is shorter than the releases are apart: beyond,
// all that follows the gap responds later than all that precedes it, so closing the gap
// shrinks the spread.
Nanos CpModel::latest_end() {
  Nanos fixed = instance_.not_before;
  Int128 work = 0;
  Nanos first_release = Nanos::max(), last_release = Nanos::min();
  for (const Job& job : instance_.jobs) {
    first_release = std::min(first_release, job.release);
    last_release = std::max(last_release, job.release);
  }
  fixed = std::max(fixed, last_release);
  for (const Outage& outage : instance_.outages) fixed = std::max(fixed, outage.end);
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    Nanos longest;
    for (const FlatMode& mode : problem_.modes(op)) longest = std::max(longest, mode.duration);
    if (committed(op)) fixed = std::max(fixed, commitment_[op]->start + longest);
    if (fixed_[op]) fixed = std::max(fixed, question_.hint->start[op] + longest);
    work += longest.ns;
  }
  for (const Precedence& edge : instance_.precedences) {
    Nanos transfer;
    for (const SiteLink& link : instance_.links)
      transfer = std::max(transfer, transfer_time(instance_, link.from, link.to, edge.bytes));
    work += Int128{edge.delay.ns} + transfer.ns;
  }
  bool jitter = question_.level == Level::kControlJitter;
  for (const LevelCap& cap : question_.caps) jitter |= cap.level == Level::kControlJitter;
  if (jitter) work += Int128{problem_.size()} * (last_release - first_release).ns;
  too_large_ = work + fixed.ns > int64_t{1} << 60;
  if (too_large_) return Nanos(0);
  return std::min(fixed + Nanos(static_cast<int64_t>(work)), instance_.horizon);
}

void CpModel::bound_windows() {
  end_max_ = latest_end();
  if (too_large_) return;
  if (question_.level == Level::kMakespan && question_.upper != INT64_MAX)
    end_max_ = std::min(end_max_, Nanos(question_.upper - 1));
  for (const LevelCap& cap : question_.caps)
    if (cap.level == Level::kMakespan) end_max_ = std::min(end_max_, Nanos(cap.value));
  earliest_.assign(problem_.size(), Nanos(0));
  tail_.assign(problem_.size(), Nanos(0));
  const std::span<const uint32_t> order = problem_.topological();
  const auto shortest = [&](uint32_t op) {
    return committed(op) ? problem_.modes(op)[commitment_[op]->mode].duration
                         : problem_.least_duration(op);
  };
  for (const uint32_t op : order) {
    Nanos least = std::max(problem_.release(op), instance_.not_before);
    for (const Arc& arc : problem_.preds(op))
      least = std::max(least, earliest_[arc.op] + shortest(arc.op) + arc.delay);
    earliest_[op] = committed(op)  ? commitment_[op]->start
                    : fixed_[op] ? question_.hint->start[op]
                                 : least;
  }
  for (size_t i = order.size(); i-- > 0;)
    for (const Arc& arc : problem_.succs(order[i]))
      if (!committed(arc.op))
        tail_[order[i]] =
            std::max(tail_[order[i]], arc.delay + shortest(arc.op) + tail_[arc.op]);
}

std::vector<CpLiteral> CpModel::when(CpLiteral literal) const {
  if (literal == always()) return {};
  return {literal};
}

// Mode literals; the operations of a group share theirs.
void CpModel::add_modes() {
  ops_.resize(problem_.size());
  std::vector<uint32_t> leader(problem_.size());
  for (uint32_t op = 0; op < problem_.size(); ++op) leader[op] = op;
  for (const std::vector<OpId>& group : instance_.mode_groups)
    for (const OpId op : group) leader[op.value()] = group.front().value();
  constexpr uint32_t kFree = UINT32_MAX;
  std::vector<uint32_t> chosen(problem_.size(), kFree);
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    if (committed(op)) chosen[leader[op]] = commitment_[op]->mode;
    if (fixed_[op]) chosen[leader[op]] = question_.hint->mode[op];
  }
  std::vector<std::vector<CpLiteral>> literals(problem_.size());
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    std::vector<CpLiteral>& own = literals[leader[op]];
    const size_t count = problem_.modes(op).size();
    if (own.empty()) {
      const uint32_t mode = count == 1 ? 0 : chosen[leader[op]];
      for (uint32_t m = 0; m < count; ++m)
        own.push_back(mode == kFree ? writer_.literal()
                                    : m == mode ? always() : negated(always()));
      if (mode == kFree) writer_.exactly_one(own);
    }
    ops_[op].modes = own;
  }
}

// Start, size and end: affine in one variable where the modes that are left are equally long.
void CpModel::add_times(uint32_t op, const std::vector<int64_t>& durations) {
  OpVars& vars = ops_[op];
  if (committed(op) || fixed_[op]) {
    const Nanos start = committed(op) ? commitment_[op]->start : question_.hint->start[op];
    vars.start = {-1, start.ns};
    infeasible_ |= fixed_[op] && start.ns + durations.front() > (end_max_ - tail_[op]).ns;
  } else {
    const int64_t latest = (end_max_ - tail_[op]).ns - durations.front();
    infeasible_ |= latest < earliest_[op].ns;
    if (infeasible_) return;
    vars.start.var = writer_.variable(earliest_[op].ns, latest);
  }
  if (durations.front() == durations.back()) {
    vars.size = {-1, durations.front()};
    vars.end = vars.start.plus(durations.front());
    return;
  }
  vars.size.var = writer_.variable_of(durations);
  vars.end.var =
      writer_.variable(earliest_[op].ns + durations.front(), (end_max_ - tail_[op]).ns);
  CpSum end_of_modes;
  end_of_modes.add(vars.start).add(vars.size).add(vars.end, -1);
  writer_.linear(end_of_modes, 0, 0);
}

void CpModel::add_operation(uint32_t op) {
  OpVars& vars = ops_[op];
  std::vector<int64_t> durations;
  for (size_t m = 0; m < vars.modes.size(); ++m)
    if (vars.modes[m] != negated(always()))
      durations.push_back(problem_.modes(op)[m].duration.ns);
  std::sort(durations.begin(), durations.end());
  durations.erase(std::unique(durations.begin(), durations.end()), durations.end());
  add_times(op, durations);
  if (infeasible_) return;
  if (vars.size.var >= 0) {
    CpSum size_of_modes;
    for (size_t m = 0; m < vars.modes.size(); ++m)
      if (vars.modes[m] >= 0) size_of_modes.add({vars.modes[m]}, problem_.modes(op)[m].duration.ns);
    writer_.linear(size_of_modes.add(vars.size, -1), 0, 0);
  }
  for (size_t m = 0; m < vars.modes.size(); ++m) {
    const bool possible = vars.modes[m] != negated(always()) && !committed(op);
    vars.intervals.push_back(possible ? mode_interval(op, m, vars.modes[m]) : -1);
  }
}

// Its end is its start and a constant, not vars.end: with the latter, CP-SAT 9.15 called values
// optimal that are not, in about 1 of 10000 tiny instances.
int CpModel::mode_interval(uint32_t op, size_t mode, CpLiteral literal) {
  const int64_t duration = problem_.modes(op)[mode].duration.ns;
  const CpAffine start = ops_[op].start;
  return writer_.interval(start, {-1, duration}, start.plus(duration), when(literal));
}

// The sites an operation can run at, each with a literal that holds when it does.
std::vector<std::pair<uint32_t, CpLiteral>> CpModel::sites_of(uint32_t op) {
  std::map<uint32_t, std::vector<CpLiteral>> modes_at;
  for (size_t m = 0; m < ops_[op].modes.size(); ++m) {
    if (ops_[op].modes[m] == negated(always())) continue;
    const PoolId pool = problem_.modes(op)[m].demands.front().pool;
    modes_at[instance_.pools[pool.value()].site].push_back(ops_[op].modes[m]);
  }
  std::vector<std::pair<uint32_t, CpLiteral>> sites;
  for (auto& [site, literals] : modes_at) {
    CpLiteral here = modes_at.size() == 1 ? always() : literals.front();
    if (modes_at.size() > 1 && literals.size() > 1) {
      here = writer_.literal();
      literals.push_back(negated(here));       // one mode is chosen: one of them, or not here
      writer_.exactly_one(literals);
    }
    sites.push_back({site, here});
  }
  return sites;
}

void CpModel::add_precedences() {
  for (const Precedence& edge : instance_.precedences)
    if (!committed(edge.after.value())) add_precedence(edge);
}

void CpModel::add_precedence(const Precedence& edge) {
  CpSum gap;
  gap.add(ops_[edge.after.value()].start).add(ops_[edge.before.value()].end, -1);
  writer_.linear(gap, edge.delay.ns, CpWriter::kUnbounded);
  if (instance_.links.empty()) return;
  for (const auto& [from, leaves] : sites_of(edge.before.value()))
    for (const auto& [to, arrives] : sites_of(edge.after.value())) {
      const Nanos transfer = transfer_time(instance_, from, to, edge.bytes);
      if (transfer == Nanos(0)) continue;
      std::vector<CpLiteral> both = when(leaves);
      if (arrives != always()) both.push_back(arrives);
      writer_.linear(gap, (edge.delay + transfer).ns, CpWriter::kUnbounded, both);
    }
}

void CpModel::add_hint() {
  if (!question_.hint) return;
  const Schedule& hint = *question_.hint;
  writer_.hint(always(), 1);                     // modes and lanes that are certain share it
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    const OpVars& vars = ops_[op];
    writer_.hint(vars.start.var, hint.start[op].ns);
    writer_.hint(vars.size.var, hint.mode_of(problem_, op).duration.ns);
    if (vars.end.var != vars.start.var) writer_.hint(vars.end.var, hint.end(problem_, op).ns);
  }
  for (uint32_t op = 0; op < problem_.size(); ++op)
    for (size_t m = 0; m < ops_[op].modes.size(); ++m)
      writer_.hint(ops_[op].modes[m], hint.mode[op] == m);
  for (const LaneChoice& choice : choices_) {
    const std::span<const uint32_t> lanes = hint.lanes_of(problem_, choice.op);
    bool used = hint.mode[choice.op] == choice.mode;
    for (const uint32_t lane : choice.lanes)
      used &= std::find(lanes.begin(), lanes.end(), lane) != lanes.end();
    writer_.hint(choice.literal, used);
  }
}

Schedule CpModel::schedule_of(std::span<const int64_t> solution) const {
  const auto value = [&](CpAffine affine) {
    return affine.offset +
           (affine.var < 0 ? 0 : affine.coeff * solution[static_cast<size_t>(affine.var)]);
  };
  Schedule schedule;
  schedule.resize(problem_);
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    schedule.start[op] = Nanos(value(ops_[op].start));
    for (uint32_t m = 0; m < ops_[op].modes.size(); ++m) {
      const CpLiteral literal = ops_[op].modes[m];
      if (literal >= 0 && solution[static_cast<size_t>(literal)] != 0) schedule.mode[op] = m;
    }
  }
  deal_lanes(schedule, solution);
  return schedule;
}

}  // namespace takt::exact
