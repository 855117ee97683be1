#include "solve/orders.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace takt {
namespace {

using JobKey = std::array<int64_t, 3>;

// Time from a job's release to its end with least durations, alone on the SoC.
std::vector<Nanos> shortest_responses(const Problem& problem) {
  std::vector<Nanos> response(problem.instance().jobs.size());
  for (uint32_t op = 0; op < problem.size(); ++op) {
    if (problem.is_submit(op)) continue;
    Nanos& longest = response[problem.job_of(op)];
    longest = std::max(longest, problem.head(op) + problem.least_duration(op) -
                                    problem.release(op));
  }
  return response;
}

std::vector<JobKey> job_keys(const Problem& problem, JobOrder order) {
  const Instance& instance = problem.instance();
  std::vector<Nanos> shortest;
  if (order == JobOrder::kSlack) shortest = shortest_responses(problem);
  std::vector<JobKey> keys(instance.jobs.size());
  for (size_t j = 0; j < keys.size(); ++j) {
    const Job& job = instance.jobs[j];
    const InstanceTask& task = instance.tasks[job.task.value()];
    const auto criticality = static_cast<int64_t>(task.criticality);
    const int64_t deadline = job.deadline.ns, urgency = -task.priority;
    switch (order) {
      case JobOrder::kCriticalDeadline: keys[j] = {criticality, deadline, urgency}; break;
      case JobOrder::kCriticalPriority: keys[j] = {criticality, urgency, deadline}; break;
      case JobOrder::kCriticalRelease: keys[j] = {criticality, job.release.ns, urgency}; break;
      case JobOrder::kDeadline: keys[j] = {deadline, criticality, urgency}; break;
      case JobOrder::kLatestStart:
      case JobOrder::kSlack: keys[j] = {deadline - shortest[j].ns, criticality, urgency}; break;
    }
  }
  return keys;
}

// Makes every job at least as urgent as the jobs that wait for it.
void inherit(const Problem& problem, std::vector<JobKey>& keys) {
  const auto order = problem.topological();
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = order.size(); i-- > 0;)
      for (const Arc& arc : problem.succs(order[i])) {
        JobKey& key = keys[problem.job_of(order[i])];
        const JobKey& waiting = keys[problem.job_of(arc.op)];
        if (!(waiting < key)) continue;
        key = waiting;
        changed = true;
      }
  }
}

std::vector<int64_t> narrow_tails(const Problem& problem) {
  std::vector<int64_t> tail(problem.size(), 0);
  const auto order = problem.topological();
  for (size_t i = order.size(); i-- > 0;) {
    const uint32_t op = order[i];
    const auto modes = problem.modes(op);
    const auto narrowest = std::min_element(
        modes.begin(), modes.end(), [](const FlatMode& a, const FlatMode& b) {
          return a.lanes != b.lanes ? a.lanes < b.lanes : a.duration < b.duration;
        });
    for (const Arc& arc : problem.succs(op))
      if (problem.job_of(arc.op) == problem.job_of(op))
        tail[op] = std::max(tail[op], arc.delay.ns + tail[arc.op]);
    tail[op] += narrowest->duration.ns;
  }
  return tail;
}

// Work below an operation, shared descendants counted once per path but capped by what
// a job holds; a cheap stand-in for the exact count.
std::vector<int64_t> work_below(const Problem& problem) {
  std::vector<int64_t> work(problem.size(), 0);
  const auto order = problem.topological();
  for (size_t i = order.size(); i-- > 0;) {
    const uint32_t op = order[i];
    double below = 0;
    for (const Arc& arc : problem.succs(op))
      if (problem.job_of(arc.op) == problem.job_of(op)) below += static_cast<double>(work[arc.op]);
    work[op] = static_cast<int64_t>(std::min(below, 1e17)) + problem.least_area(op).ns;
  }
  return work;
}

// Mean time between the modes of two operations.
Nanos mean_lag(const Problem& problem, uint32_t from, const Arc& arc) {
  if (!problem.has_links()) return arc.delay;
  Nanos sum(0);
  int64_t count = 0;
  for (const FlatMode& a : problem.modes(from))
    for (const FlatMode& b : problem.modes(arc.op)) {
      sum += problem.lag(arc, a.site, b.site);
      ++count;
    }
  return sum / count;
}

std::vector<int64_t> mean_tails(const Problem& problem) {
  std::vector<int64_t> tail(problem.size(), 0);
  const auto order = problem.topological();
  for (size_t i = order.size(); i-- > 0;) {
    const uint32_t op = order[i];
    Nanos mean(0);
    for (const FlatMode& mode : problem.modes(op)) mean += mode.duration;
    for (const Arc& arc : problem.succs(op))
      tail[op] = std::max(tail[op], mean_lag(problem, op, arc).ns + tail[arc.op]);
    tail[op] += (mean / static_cast<int64_t>(problem.modes(op).size())).ns;
  }
  return tail;
}

// The optimistic cost table: of a mode, the shortest rest after it in the best modes.
std::vector<int64_t> optimistic_ranks(const Problem& problem) {
  std::vector<int64_t> rest(problem.mode_slots(), 0), rank(problem.size(), 0);
  const auto order = problem.topological();
  for (size_t i = order.size(); i-- > 0;) {
    const uint32_t op = order[i];
    const auto modes = problem.modes(op);
    for (uint32_t m = 0; m < modes.size(); ++m) {
      int64_t& own = rest[problem.mode_slot(op) + m];
      for (const Arc& arc : problem.succs(op)) {
        int64_t least = INT64_MAX;
        for (uint32_t k = 0; k < problem.modes(arc.op).size(); ++k) {
          const FlatMode& next = problem.modes(arc.op)[k];
          least = std::min(least, rest[problem.mode_slot(arc.op) + k] + next.duration.ns +
                                      problem.lag(arc, modes[m].site, next.site).ns);
        }
        own = std::max(own, least);
      }
      rank[op] += own / static_cast<int64_t>(modes.size());
    }
  }
  return rank;
}

std::vector<int64_t> op_ranks(const Problem& problem, OpRank rank) {
  std::vector<int64_t> ranks(problem.size(), 0);
  switch (rank) {
    case OpRank::kLeastTail:
      for (uint32_t op = 0; op < problem.size(); ++op)
        ranks[op] = problem.tail(op).ns + problem.least_duration(op).ns;
      break;
    case OpRank::kNarrowTail: return narrow_tails(problem);
    case OpRank::kWork: return work_below(problem);
    case OpRank::kMeanTail: return mean_tails(problem);
    case OpRank::kOptimistic: return optimistic_ranks(problem);
    case OpRank::kProgram: break;        // equal ranks: ties go by index
  }
  return ranks;
}

// The latest start of every operation with which all that wait for it can be in time.
std::vector<int64_t> latest_starts(const Problem& problem) {
  std::vector<int64_t> latest(problem.size());
  const auto order = problem.topological();
  for (size_t i = order.size(); i-- > 0;) {
    const uint32_t op = order[i];
    latest[op] = problem.instance().jobs[problem.job_of(op)].deadline.ns;
    for (const Arc& arc : problem.succs(op))
      latest[op] = std::min(latest[op], latest[arc.op] - arc.delay.ns);
    latest[op] -= problem.least_duration(op).ns;
  }
  return latest;
}

std::vector<int64_t> latest_start_keys(const Problem& problem, OpRank rank) {
  const std::vector<int64_t> latest = latest_starts(problem), ranks = op_ranks(problem, rank);
  std::vector<uint32_t> ops(problem.size());
  std::iota(ops.begin(), ops.end(), 0u);
  std::stable_sort(ops.begin(), ops.end(), [&](uint32_t a, uint32_t b) {
    return latest[a] != latest[b] ? latest[a] < latest[b] : ranks[a] > ranks[b];
  });
  std::vector<int64_t> keys(problem.size());
  for (size_t i = 0; i < ops.size(); ++i) keys[ops[i]] = kKeySpacing * static_cast<int64_t>(i);
  return keys;
}

}  // namespace

void add_noise(std::vector<int64_t>& keys, double share, Rng& rng) {
  const auto reach = static_cast<int64_t>(share * static_cast<double>(keys.size()) *
                                          static_cast<double>(kKeySpacing));
  for (int64_t& key : keys) key += rng.between(-reach, reach);
}

std::vector<int64_t> keys_of(const Problem& problem, Order order) {
  if (order.jobs == JobOrder::kLatestStart) return latest_start_keys(problem, order.ops);
  std::vector<JobKey> jobs = job_keys(problem, order.jobs);
  inherit(problem, jobs);
  const std::vector<int64_t> ranks = op_ranks(problem, order.ops);

  std::vector<uint32_t> job_sorted(jobs.size());
  std::iota(job_sorted.begin(), job_sorted.end(), 0u);
  std::stable_sort(job_sorted.begin(), job_sorted.end(),
                   [&](uint32_t a, uint32_t b) { return jobs[a] < jobs[b]; });
  std::vector<int64_t> keys(problem.size());
  std::vector<uint32_t> ops;
  int64_t next = 0;
  for (const uint32_t j : job_sorted) {
    const Job& job = problem.instance().jobs[j];
    ops.resize(job.op_count);
    std::iota(ops.begin(), ops.end(), job.first_op);
    std::stable_sort(ops.begin(), ops.end(),
                     [&](uint32_t a, uint32_t b) { return ranks[a] > ranks[b]; });
    for (const uint32_t op : ops) keys[op] = kKeySpacing * next++;
  }
  return keys;
}

}  // namespace takt
