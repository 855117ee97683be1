#include "solve/bounds.h"

#include <algorithm>
#include <numeric>
#include <queue>

#include "base/check.h"

namespace takt {
namespace {

constexpr size_t kTailsTried = 64;      // more tails sharpen the makespan bound little
constexpr size_t kReleasesTried = 64;   // of the miss bound; keeps it n log n

Nanos ceil_div(Nanos work, int64_t lanes) { return Nanos((work.ns + lanes - 1) / lanes); }

bool has_deadline(const Job& job) { return job.deadline != Nanos::max(); }

// At most `most` of the sorted distinct values, the first always among them.
std::vector<Nanos> sampled(std::vector<Nanos> values, size_t most) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() <= most) return values;
  std::vector<Nanos> picked;
  for (size_t i = 0; i < most; ++i) picked.push_back(values[i * values.size() / most]);
  return picked;
}

// Lane time a mode takes of a pool, or of all lanes when the pool is not valid.
Nanos work_in(const FlatMode& mode, PoolId pool) {
  if (!pool.valid()) return mode.area();
  Nanos work(0);
  for (const Demand& demand : mode.demands)
    if (demand.pool == pool) work += mode.duration * demand.count;
  return work;
}

// Operations that cannot start before r and are followed by at least q fill the lanes
// from r on: makespan >= r + work / lanes + q, for every r and q.
Nanos area_bound(const Problem& problem, const Capacity& capacity) {
  std::vector<uint32_t> by_head(problem.size());
  std::iota(by_head.begin(), by_head.end(), 0u);
  std::sort(by_head.begin(), by_head.end(),
            [&](uint32_t a, uint32_t b) { return problem.head(a) > problem.head(b); });
  std::vector<Nanos> tails;
  for (uint32_t op = 0; op < problem.size(); ++op) tails.push_back(problem.tail(op));
  Nanos best(0);
  for (const Nanos q : sampled(tails, kTailsTried)) {
    Nanos work(0);
    for (const uint32_t op : by_head) {
      if (problem.tail(op) < q) continue;
      work += capacity.work[op];
      if (work > Nanos(0))
        best = std::max(best, problem.head(op) + ceil_div(work, capacity.lanes) + q);
    }
  }
  return best;
}

// Width buys path length with lane time. For any path P and weight u in [0, 1],
//   makespan >= u * length(P) + (1 - u) * work / lanes
// holds for the modes a schedule chose; choosing for every operation by itself the mode
// that makes the right side least keeps it a bound. The best P is a longest path.
// Scaled by kWeights to stay in integers.
Nanos mixed_bound(const Problem& problem, const Capacity& capacity) {
  constexpr int64_t kWeights = 16;
  Nanos best(0);
  std::vector<Nanos> longest(problem.size());    // kWeights * lanes * time, up to the start
  for (int64_t u = 1; u < kWeights; ++u) {
    Nanos base(0), path(0);
    for (uint32_t op = 0; op < problem.size(); ++op)
      longest[op] = problem.release(op) * u * capacity.lanes;
    for (const uint32_t op : problem.topological()) {
      const Nanos off_path = capacity.work[op] * (kWeights - u);
      Nanos on_path = Nanos::max();
      for (const FlatMode& mode : problem.modes(op))
        on_path = std::min(on_path, mode.duration * u * capacity.lanes +
                                        work_in(mode, capacity.pool) * (kWeights - u));
      base += off_path;
      const Nanos end = longest[op] + on_path - off_path;
      path = std::max(path, end);
      for (const Arc& arc : problem.succs(op))
        longest[arc.op] = std::max(longest[arc.op], end + arc.delay * u * capacity.lanes);
    }
    best = std::max(best, ceil_div(base + path, kWeights * capacity.lanes));
  }
  return best;
}

struct JobLoad {
  Nanos release, deadline, work;
};

// Fewest late jobs if all were released at `from` and the lanes were one machine that
// may be interrupted: Moore and Hodgson's rule (1968), exact for that relaxation.
int64_t fewest_late(const std::vector<JobLoad>& by_deadline, Nanos from, int64_t lanes) {
  std::priority_queue<Nanos> kept;
  Nanos work(0);
  int64_t late = 0;
  for (const JobLoad& job : by_deadline) {
    if (job.release < from) continue;
    kept.push(job.work);
    work += job.work;
    if (work.ns <= lanes * std::max(job.deadline - from, Nanos(0)).ns) continue;
    work -= kept.top();
    kept.pop();
    ++late;
  }
  return late;
}

int64_t miss_bound(const Problem& problem, const std::vector<Capacity>& capacities,
                   const std::vector<char>& doomed, Criticality criticality) {
  const Instance& instance = problem.instance();
  int64_t most = 0;
  for (const Capacity& capacity : capacities) {
    int64_t alone = 0;
    std::vector<JobLoad> loads;
    std::vector<Nanos> releases;
    for (size_t j = 0; j < instance.jobs.size(); ++j) {
      const Job& job = instance.jobs[j];
      if (instance.tasks[job.task.value()].criticality != criticality || !has_deadline(job))
        continue;
      if (doomed[j]) {                // late whatever the rest does; leave it out of the load
        ++alone;
        continue;
      }
      JobLoad load{job.release, job.deadline, Nanos(0)};
      for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op)
        if (!problem.is_submit(op)) load.work += capacity.work[op];
      loads.push_back(load);
      releases.push_back(job.release);
    }
    std::sort(loads.begin(), loads.end(),
              [](const JobLoad& a, const JobLoad& b) { return a.deadline < b.deadline; });
    int64_t crowded = 0;
    for (const Nanos from : sampled(releases, kReleasesTried))
      crowded = std::max(crowded, fewest_late(loads, from, capacity.lanes));
    most = std::max(most, alone + crowded);
  }
  return most;
}

}  // namespace

std::vector<Capacity> capacities_of(const Problem& problem) {
  const Instance& instance = problem.instance();
  std::vector<Capacity> capacities;
  for (size_t p = 0; p < instance.pools.size(); ++p) {
    Capacity capacity{PoolId(p), static_cast<int64_t>(instance.pools[p].lanes.size()),
                      std::vector<Nanos>(problem.size(), Nanos(0))};
    if (capacity.lanes == 0) continue;
    for (uint32_t op = 0; op < problem.size(); ++op) {
      Nanos least = Nanos::max();
      for (const FlatMode& mode : problem.modes(op))
        least = std::min(least, work_in(mode, capacity.pool));
      capacity.work[op] = least;
    }
    capacities.push_back(std::move(capacity));
  }
  if (capacities.size() < 2) return capacities;
  Capacity all{PoolId(), problem.lane_count(), {}};
  for (uint32_t op = 0; op < problem.size(); ++op) all.work.push_back(problem.least_area(op));
  capacities.push_back(std::move(all));
  return capacities;
}

Bounds bounds_of(const Problem& problem) {
  const Instance& instance = problem.instance();
  const std::vector<Capacity> capacities = capacities_of(problem);
  Bounds bounds;
  std::vector<Nanos> earliest(instance.jobs.size());
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const Nanos end = problem.head(op) + problem.least_duration(op);
    bounds.makespan = std::max(bounds.makespan, end + problem.tail(op));
    if (!problem.is_submit(op))
      earliest[problem.job_of(op)] = std::max(earliest[problem.job_of(op)], end);
  }
  for (const Capacity& capacity : capacities) {
    bounds.makespan = std::max(bounds.makespan, area_bound(problem, capacity));
    bounds.makespan = std::max(bounds.makespan, mixed_bound(problem, capacity));
  }

  std::vector<char> doomed(instance.jobs.size(), 0);
  for (size_t j = 0; j < instance.jobs.size(); ++j) {
    const Job& job = instance.jobs[j];
    doomed[j] = has_deadline(job) && earliest[j] > job.deadline;
    if (doomed[j] && instance.tasks[job.task.value()].criticality == Criticality::kSoft)
      bounds.soft_tardiness += earliest[j] - job.deadline;
  }
  bounds.hard_misses = miss_bound(problem, capacities, doomed, Criticality::kHard);
  bounds.firm_misses = miss_bound(problem, capacities, doomed, Criticality::kFirm);
  return bounds;
}

bool meets(const ListScore& score, const Bounds& bounds) {
  return score.overrun == Nanos(0) && score.hard_misses == bounds.hard_misses &&
         score.firm_misses == bounds.firm_misses &&
         score.soft_tardiness == bounds.soft_tardiness && score.makespan == bounds.makespan;
}

std::vector<ObjectiveLevel> objective_of(const Problem& problem, const ListScore& score,
                                         const Bounds& bounds) {
  std::vector<ObjectiveLevel> levels;
  const auto add = [&](const char* name, int64_t value, int64_t bound) {
    CHECK_MSG(bound <= value, name);
    levels.push_back({name, value, bound,
                      value == bound ? ObjectiveLevel::Proof::kOptimal
                                     : ObjectiveLevel::Proof::kGap});
  };
  const auto& jobs = problem.instance().jobs;
  if (std::any_of(jobs.begin(), jobs.end(), has_deadline)) {
    add("hard_misses", score.hard_misses, bounds.hard_misses);
    add("firm_misses", score.firm_misses, bounds.firm_misses);
    add("soft_tardiness", score.soft_tardiness.ns, bounds.soft_tardiness.ns);
  }
  add("makespan", score.makespan.ns, bounds.makespan.ns);
  return levels;
}

}  // namespace takt
