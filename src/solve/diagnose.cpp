#include "solve/diagnose.h"

#include <algorithm>

#include "base/time_text.h"
#include "solve/bounds/energy.h"
#include "solve/bounds/level_bounds.h"

namespace takt {
namespace {

constexpr int64_t kSteps = 5'000'000;
constexpr size_t kSharesShown = 4;

std::string name_of(const Instance& instance, JobId id) {
  const Job& job = instance.jobs[id.value()];
  return instance.tasks[job.task.value()].name + "#" + std::to_string(job.index);
}

bool must_be_in_time(const Instance& instance, const Job& job) {
  const Criticality criticality = instance.tasks[job.task.value()].criticality;
  return job.deadline != Nanos::max() &&
         (criticality == Criticality::kHard || criticality == Criticality::kFirm);
}

// The operations before `op`, and it, that its head comes from.
std::vector<uint32_t> path_to(const Problem& problem, uint32_t op) {
  std::vector<uint32_t> path{op};
  for (bool found = true; found;) {
    found = false;
    for (const Arc& arc : problem.preds(path.back())) {
      if (problem.head(arc.op) + problem.least_duration(arc.op) + arc.delay <
          problem.head(path.back()))
        continue;
      path.push_back(arc.op);
      found = true;
      break;
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<uint32_t> path_of(const Problem& problem, const Job& job) {
  std::optional<uint32_t> last;
  const auto end = [&](uint32_t op) { return problem.head(op) + problem.least_duration(op); };
  for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op)
    if (!problem.is_submit(op) && (!last || end(op) > end(*last))) last = op;
  return last ? path_to(problem, *last) : std::vector<uint32_t>{};
}

std::vector<TooLong> too_long(const Problem& problem, const std::vector<Nanos>& done) {
  const Instance& instance = problem.instance();
  std::vector<TooLong> all;
  for (uint32_t j = 0; j < done.size(); ++j)
    if (must_be_in_time(instance, instance.jobs[j]) && done[j] > instance.jobs[j].deadline)
      all.push_back({"job " + name_of(instance, JobId(j)), instance.jobs[j].deadline, done[j],
                     path_of(problem, instance.jobs[j])});
  for (const InstanceChain& chain : instance.chains)
    for (const ChainRun& run : chain.runs) {
      const Nanos due = instance.jobs[run.first.value()].release + chain.deadline;
      if (done[run.last.value()] > due)
        all.push_back({"chain " + chain.name + " (" + name_of(instance, run.first) + " .. " +
                           name_of(instance, run.last) + ")",
                       due, done[run.last.value()],
                       path_of(problem, instance.jobs[run.last.value()])});
    }
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const Nanos end = problem.head(op) + problem.least_duration(op);
    if (end > instance.horizon && problem.tail(op) == Nanos(0)) {
      all.push_back({"window", instance.horizon, end, path_to(problem, op)});
      break;
    }
  }
  return all;
}

// What must hold for nothing hard or firm to be late, without what is impossible alone.
Windows in_time(const Problem& problem, const std::vector<Nanos>& done) {
  const Instance& instance = problem.instance();
  Windows windows(problem);
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const Job& job = instance.jobs[problem.job_of(op)];
    if (problem.commitment(op) != nullptr) continue;
    if (problem.periodic() &&
        problem.head(op) + problem.least_duration(op) + problem.tail(op) <= instance.horizon)
      windows.end_before(op, instance.horizon);
    if (must_be_in_time(instance, job) && done[problem.job_of(op)] <= job.deadline &&
        !problem.is_submit(op))
      windows.end_before(op, job.deadline);
  }
  windows.propagate();
  return windows;
}

std::optional<Overcommitment> overcommitment(const Problem& problem, const LaneSets& sets,
                                             const Windows& windows) {
  int64_t steps = kSteps;
  const std::optional<Overload> worst = worst_overload(sets, windows, steps);
  if (!worst) return std::nullopt;
  const LaneSet& set = sets.sets()[worst->set];
  Overcommitment found{set.pools, worst->from, worst->to, worst->asked, worst->offered,
                       (worst->to - worst->from) * set.lanes - worst->offered, {}};
  std::vector<Nanos> work(problem.instance().jobs.size());
  for (uint32_t op = 0; op < problem.size(); ++op)
    if (problem.commitment(op) == nullptr)
      work[problem.job_of(op)] += least_energy(windows, set, op, worst->from, worst->to);
  for (uint32_t j = 0; j < work.size(); ++j)
    if (work[j] > Nanos(0)) found.shares.push_back({JobId(j), work[j]});
  std::stable_sort(found.shares.begin(), found.shares.end(),
                   [](const auto& a, const auto& b) { return a.work > b.work; });
  return found;
}

// Windows that follow from their own jobs alone: what holds without the arcs between jobs and
// without groups holds with them.
std::vector<Blocking> blockings_of_jobs(Instance instance) {
  std::erase_if(instance.precedences, [&](const Precedence& arc) {
    return instance.operations[arc.before.value()].job !=
           instance.operations[arc.after.value()].job;
  });
  instance.mode_groups.clear();
  const Problem alone(instance);
  const Windows windows = in_time(alone, earliest_completions(alone, LaneSets(alone)));
  return windows.contradiction() ? std::vector<Blocking>{} : blockings(windows);
}

std::string sentence(const Problem& problem, const Overcommitment& over) {
  const Instance& instance = problem.instance();
  std::string pools, shares;
  int64_t lanes = 0;
  for (const PoolId pool : over.pools) {
    pools += (pools.empty() ? "'" : ", '") + instance.pools[pool.value()].name + "'";
    lanes += static_cast<int64_t>(instance.pools[pool.value()].lanes.size());
  }
  for (size_t i = 0; i < std::min(kSharesShown, over.shares.size()); ++i)
    shares += (i == 0 ? "" : ", ") + name_of(instance, over.shares[i].job) + " (" +
              format_time(over.shares[i].work) + ")";
  if (over.shares.size() > kSharesShown)
    shares += " and " + std::to_string(over.shares.size() - kSharesShown) + " more jobs";
  std::string text = "between " + format_time(over.from) + " and " + format_time(over.to) +
                     " the " + std::to_string(lanes) + (lanes == 1 ? " lane" : " lanes") + " of " +
                     pools + (lanes == 1 ? " is" : " are") + " asked for " +
                     format_time(over.asked) + " of " + format_time(over.offered) +
                     " lane time by " + shares;
  if (over.taken > Nanos(0))
    text += "; outages and committed operations take " + format_time(over.taken) + " of it";
  return text + "; move or drop some of it, use faster kernels, or allow later deadlines\n";
}

}  // namespace

Diagnosis diagnose(const Problem& problem, const Schedule& schedule) {
  const Instance& instance = problem.instance();
  Diagnosis diagnosis;
  const std::vector<Nanos> ends = completions(problem, schedule);
  for (uint32_t j = 0; j < ends.size(); ++j)
    if (must_be_in_time(instance, instance.jobs[j]) && ends[j] > instance.jobs[j].deadline)
      diagnosis.missed.push_back({JobId(j), ends[j] - instance.jobs[j].deadline});
  const auto hard = [&](const MissedDeadline& missed) {
    const Job& job = instance.jobs[missed.job.value()];
    return instance.tasks[job.task.value()].criticality == Criticality::kHard;
  };
  std::stable_sort(diagnosis.missed.begin(), diagnosis.missed.end(),
                   [&](const MissedDeadline& a, const MissedDeadline& b) {
                     return hard(a) != hard(b) ? hard(a) : a.late > b.late;
                   });
  if (problem.periodic())
    for (uint32_t op = 0; op < problem.size(); ++op)
      diagnosis.overrun =
          std::max(diagnosis.overrun, schedule.end(problem, op) - instance.horizon);
  const LaneSets sets(problem);
  const std::vector<Nanos> done = earliest_completions(problem, sets);
  diagnosis.too_long = too_long(problem, done);
  if (diagnosis.missed.empty() && diagnosis.overrun == Nanos(0)) return diagnosis;
  const Windows windows = in_time(problem, done);
  if (!windows.contradiction())
    diagnosis.overcommitment = overcommitment(problem, sets, windows);
  diagnosis.blockings = blockings_of_jobs(instance);
  return diagnosis;
}

std::string sentence_of(const Problem& problem, const Blocking& blocking) {
  const Instance& instance = problem.instance();
  const auto part = [&](const Need& need, const char* verb) {
    return name_of(instance, JobId(problem.job_of(need.op))) + verb + format_time(need.duration) +
           " between " + format_time(need.earliest) + " and " + format_time(need.latest);
  };
  std::string text = "'" + instance.pools[blocking.pool.value()].name + "' is not to be had: " +
                     part(blocking.held, " holds it, without a break, for ");
  for (const Need& other : blocking.others) text += ", " + part(other, " needs it for ");
  return text + ", and no other lanes would do: one of them is late in any plan";
}

std::string text_of(const Problem& problem, const Diagnosis& diagnosis) {
  const Instance& instance = problem.instance();
  std::string text;
  for (const MissedDeadline& missed : diagnosis.missed)
    text += "job " + name_of(instance, missed.job) + " ends " + format_time(missed.late) +
            " after its deadline\n";
  if (diagnosis.overrun > Nanos(0))
    text += "the last operation ends " + format_time(diagnosis.overrun) +
            " after the window of " + format_time(instance.horizon) + "\n";
  for (const TooLong& each : diagnosis.too_long)
    text += each.what + " needs until " + format_time(each.least_end) +
            " even with all lanes to itself, and must end by " + format_time(each.due) + ": " +
            format_time(each.least_end - each.due) + " too long, over " +
            std::to_string(each.path.size()) + " operations in a row\n";
  if (diagnosis.overcommitment) text += sentence(problem, *diagnosis.overcommitment);
  if (diagnosis.blockings.empty()) return text;
  return text + sentence_of(problem, diagnosis.blockings.front()) + "; at least " +
         std::to_string(diagnosis.blockings.size()) + " jobs in all\n";
}

}  // namespace takt
