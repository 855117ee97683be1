#include "solve/bounds/level_bounds.h"

#include <algorithm>

#include "base/int128.h"
#include "solve/bounds/late_jobs.h"
#include "solve/bounds/width_path.h"

namespace takt {
namespace {

constexpr size_t kSetsOfPaths = 3;     // densest sets whose lane time is weighed against paths

std::span<const LaneSet> sets_of_paths(const LaneSets& sets) {
  return sets.sets().first(std::min(kSetsOfPaths, sets.sets().size()));
}

class Levels {
 public:
  Levels(const Problem& problem, const LaneSets& sets, const Limits& limits)
      : problem_(problem), instance_(problem.instance()), sets_(sets),
        windows_(windows_within(problem, limits)), done_(earliest_completions(problem, sets)) {
    windows_.propagate();
    for (const LaneSet& set : sets.sets()) {
      work_.emplace_back();
      for (uint32_t op = 0; op < problem.size(); ++op)
        work_.back().push_back(least_work(set, op));
    }
    makespan_limit_ = limits[Level::kMakespan];
  }

  int64_t misses(Criticality criticality) const;
  int64_t tardiness(Criticality criticality) const;
  int64_t chain_latency() const;
  int64_t control_jitter() const;
  int64_t makespan() const;
  int64_t active_lanes() const;
  int64_t busy() const;

 private:
  Nanos least_work(const LaneSet& set, uint32_t op) const {
    Nanos least = Nanos::max();
    for (uint32_t m = 0; m < problem_.modes(op).size(); ++m)
      if (problem_.may_use(op, m))
        least = std::min(least, problem_.modes(op)[m].duration * set.width(problem_.modes(op)[m]));
    return least;
  }
  bool counts(const Job& job, Criticality criticality) const {
    return job.deadline != Nanos::max() &&
           instance_.tasks[job.task.value()].criticality == criticality;
  }
  JobLoad load_of(const Job& job, size_t set) const;

  const Problem& problem_;
  const Instance& instance_;
  const LaneSets& sets_;
  Windows windows_;
  const std::vector<Nanos> done_;                   // by job
  std::vector<std::vector<Nanos>> work_;            // by set and operation
  int64_t makespan_limit_ = INT64_MAX;
};

// Work that is committed may run before the release: then the job is there earlier.
JobLoad Levels::load_of(const Job& job, size_t set) const {
  JobLoad load{job.release, job.deadline, Nanos(0)};
  for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op) {
    if (problem_.is_submit(op)) continue;
    load.work += work_[set][op];
    load.release = std::min(load.release, problem_.head(op));
  }
  return load;
}

int64_t Levels::misses(Criticality criticality) const {
  int64_t most = 0;
  for (size_t set = 0; set < sets_.sets().size(); ++set) {
    int64_t alone = 0;
    std::vector<JobLoad> loads;
    for (size_t j = 0; j < instance_.jobs.size(); ++j) {
      const Job& job = instance_.jobs[j];
      if (!counts(job, criticality)) continue;
      if (done_[j] > job.deadline) ++alone;     // late whatever the rest does
      else loads.push_back(load_of(job, set));
    }
    most = std::max(most, alone + fewest_late(std::move(loads), sets_.sets()[set].lanes));
  }
  return most;
}

int64_t Levels::tardiness(Criticality criticality) const {
  int64_t alone = 0, least_weight = INT64_MAX, crowded = 0;
  for (size_t j = 0; j < instance_.jobs.size(); ++j) {
    const Job& job = instance_.jobs[j];
    if (!counts(job, criticality)) continue;
    const int64_t weight = instance_.tasks[job.task.value()].weight;
    least_weight = std::min(least_weight, weight);
    alone += std::max(done_[j] - job.deadline, Nanos(0)).ns * weight;
  }
  if (least_weight == INT64_MAX) return 0;
  for (size_t set = 0; set < sets_.sets().size(); ++set) {
    std::vector<JobLoad> loads;
    for (const Job& job : instance_.jobs)
      if (counts(job, criticality)) loads.push_back(load_of(job, set));
    crowded = std::max(crowded, least_tardiness(std::move(loads), sets_.sets()[set].lanes).ns);
  }
  return std::max(alone, crowded * least_weight);
}

int64_t Levels::chain_latency() const {
  Int128 worst = 0;
  for (const InstanceChain& chain : instance_.chains)
    for (const ChainRun& run : chain.runs) {
      const Nanos latency = done_[run.last.value()] - instance_.jobs[run.first.value()].release;
      worst = std::max(worst, (Int128{latency.ns} * 1'000'000 + chain.deadline.ns - 1) /
                                  chain.deadline.ns);
    }
  return static_cast<int64_t>(worst);
}

// A job's response is at least what it needs alone, and at most what its window allows: the
// spread of a task is at least the greatest of the former less the least of the latter.
int64_t Levels::control_jitter() const {
  int64_t total = 0;
  std::vector<Nanos> least(instance_.tasks.size(), Nanos::max());
  std::vector<Nanos> most(instance_.tasks.size(), Nanos::min());
  for (size_t j = 0; j < instance_.jobs.size(); ++j) {
    const Job& job = instance_.jobs[j];
    Nanos last = job.release;
    for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op)
      if (!problem_.is_submit(op)) last = std::max(last, windows_.latest(op));
    const size_t task = job.task.value();
    least[task] = std::min(least[task], last - job.release);
    most[task] = std::max(most[task], done_[j] - job.release);
  }
  for (size_t t = 0; t < instance_.tasks.size(); ++t)
    if (instance_.tasks[t].jitter_max != Nanos::max() && most[t] > least[t])
      total += std::max(most[t] - least[t] - instance_.tasks[t].jitter_max, Nanos(0)).ns;
  return total;
}

int64_t Levels::makespan() const {
  Nanos best(0);
  for (uint32_t op = 0; op < problem_.size(); ++op)
    best = std::max(best, windows_.earliest(op) + windows_.least_duration(op) + problem_.tail(op));
  for (const LaneSet& set : sets_of_paths(sets_))
    best = std::max(best, width_path_bound(problem_, set, 0, problem_.size(), false));
  return best.ns;
}

// Lanes that the widest operation of each pool cannot do without, those of commitments, and
// as many as give the work its time when the makespan is limited.
int64_t Levels::active_lanes() const {
  const size_t pools = instance_.pools.size();
  std::vector<int64_t> need(pools, 0);
  std::vector<char> committed(instance_.lane_names.size(), 0);
  int64_t widest = 0;
  Nanos work(0), from = Nanos::max();
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    std::vector<int64_t> least(pools, INT64_MAX);
    int64_t lanes = INT64_MAX;
    for (uint32_t m = 0; m < problem_.modes(op).size(); ++m) {
      if (!problem_.may_use(op, m)) continue;
      std::vector<int64_t> width(pools, 0);
      for (const Demand& demand : problem_.modes(op)[m].demands)
        width[demand.pool.value()] = demand.count;
      for (size_t p = 0; p < pools; ++p) least[p] = std::min(least[p], width[p]);
      lanes = std::min<int64_t>(lanes, problem_.modes(op)[m].lanes);
    }
    for (size_t p = 0; p < pools; ++p) need[p] = std::max(need[p], least[p]);
    widest = std::max(widest, lanes);
    work += problem_.least_area(op);
    from = std::min(from, problem_.head(op));
    if (const Commitment* done = problem_.commitment(op))
      for (const LaneId lane : done->lanes) committed[lane.value()] = 1;
  }
  int64_t total = 0;
  for (size_t p = 0; p < pools; ++p) {
    const auto& lanes = instance_.pools[p].lanes;
    total += std::max<int64_t>(need[p], std::count_if(lanes.begin(), lanes.end(), [&](LaneId id) {
      return committed[id.value()] != 0;
    }));
  }
  if (makespan_limit_ != INT64_MAX && work > Nanos(0)) {
    const int64_t window = std::max<int64_t>(makespan_limit_ - from.ns, 1);
    total = std::max(total, (work.ns + window - 1) / window);
  }
  return std::max(total, widest);
}

int64_t Levels::busy() const {
  Nanos total(0);
  std::vector<char> grouped(problem_.size(), 0);
  for (const std::vector<OpId>& group : instance_.mode_groups) {
    Nanos best = Nanos::max();
    if (group.empty()) continue;
    for (uint32_t m = 0; m < problem_.modes(group[0].value()).size(); ++m) {
      if (!problem_.may_use(group[0].value(), m)) continue;
      Nanos sum(0);
      for (const OpId op : group) sum += problem_.modes(op.value())[m].area();
      best = std::min(best, sum);
    }
    for (const OpId op : group) grouped[op.value()] = 1;
    total += best;
  }
  for (uint32_t op = 0; op < problem_.size(); ++op)
    if (grouped[op] == 0) total += problem_.least_area(op);
  return total.ns;
}

}  // namespace

std::vector<Nanos> earliest_completions(const Problem& problem, const LaneSets& sets) {
  const Instance& instance = problem.instance();
  std::vector<Nanos> done(instance.jobs.size());
  for (size_t j = 0; j < done.size(); ++j) {
    const Job& job = instance.jobs[j];
    const uint32_t end = job.first_op + job.op_count;
    done[j] = job.release;
    bool moldable = false;
    for (uint32_t op = job.first_op; op < end; ++op) {
      if (problem.is_submit(op)) continue;
      done[j] = std::max(done[j], problem.head(op) + problem.least_duration(op));
      for (const FlatMode& mode : problem.modes(op)) moldable |= mode.lanes > 1;
    }
    if (!moldable) continue;
    for (const LaneSet& set : sets_of_paths(sets))
      done[j] = std::max(done[j], width_path_bound(problem, set, job.first_op, end, true));
  }
  return done;
}

LevelBounds level_bounds(const Problem& problem, const LaneSets& sets, const Limits& limits,
                         int64_t steps) {
  const Levels levels(problem, sets, limits);
  LevelBounds bounds;
  bounds[Level::kHardMisses] = levels.misses(Criticality::kHard);
  bounds[Level::kHardTardiness] = levels.tardiness(Criticality::kHard);
  bounds[Level::kFirmMisses] = levels.misses(Criticality::kFirm);
  bounds[Level::kChainLatency] = levels.chain_latency();
  bounds[Level::kControlJitter] = levels.control_jitter();
  bounds[Level::kSoftTardiness] = levels.tardiness(Criticality::kSoft);
  bounds[Level::kActiveLanes] = levels.active_lanes();
  bounds[Level::kBusy] = levels.busy();
  const int64_t makespan = levels.makespan();
  bounds[Level::kMakespan] =
      destructive_bound(problem, sets, limits, Level::kMakespan, makespan,
                        makespan + std::max<int64_t>(makespan, 1), steps);
  return bounds;
}

}  // namespace takt
