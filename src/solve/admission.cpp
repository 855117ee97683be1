#include "solve/admission.h"

#include <algorithm>
#include <cstdio>

#include "base/time_text.h"
#include "solve/diagnose.h"
#include "solve/explain.h"

namespace takt {
namespace {

bool must_be_in_time(Criticality criticality) { return criticality <= Criticality::kFirm; }

Verdict shortfall(Criticality criticality) {
  return must_be_in_time(criticality) ? Verdict::kRefused : Verdict::kDegraded;
}

struct Lateness {
  uint32_t jobs = 0, late = 0;
  Nanos most;                        // past the deadline, or the end of the window
  bool past_window = false;
};

class Judge {
 public:
  Judge(const Problem& problem, const SolveResult& result)
      : problem_(problem), instance_(problem.instance()), result_(result),
        diagnosis_(diagnose(problem, result.schedule)),
        done_(completions(problem, result.schedule)) {}

  Admission admission() const {
    Admission admission;
    const std::vector<Lateness> late = lateness();
    for (size_t t = 0; t < late.size(); ++t)
      admission.tasks.push_back(task(instance_.tasks[t], late[t]));
    for (const InstanceChain& chain : instance_.chains) admission.tasks.push_back(of_chain(chain));
    return admission;
  }

 private:
  std::vector<Lateness> lateness() const {
    std::vector<Lateness> late(instance_.tasks.size());
    for (uint32_t j = 0; j < done_.size(); ++j) {
      const Job& job = instance_.jobs[j];
      Lateness& of = late[job.task.value()];
      ++of.jobs;
      const Nanos due = std::min(job.deadline, instance_.horizon);
      if (done_[j] <= due) continue;
      ++of.late;
      of.most = std::max(of.most, done_[j] - due);
      of.past_window |= done_[j] > instance_.horizon;
    }
    return late;
  }

  Admitted task(const InstanceTask& task, const Lateness& late) const {
    Admitted out{task.name, task.criticality, Verdict::kGuaranteed, ""};
    if (late.jobs == 0) {
      out.verdict = shortfall(task.criticality);
      out.why = "is not in the plan and runs in what time is left over";
    } else if (late.late > 0) {
      out.verdict = shortfall(task.criticality);
      out.why = std::to_string(late.late) + " of " + std::to_string(late.jobs) +
                " jobs late by up to " + format_time(late.most) +
                (late.past_window ? ", past the end of the window" : "") + ": " +
                reason(task);
    } else if (task.arrival == Arrival::kSporadic && must_be_in_time(task.criticality)) {
      out.verdict = Verdict::kDegraded;
      out.why = "room is kept for as many jobs as may come; how soon one runs that comes at "
                "another time than planned is up to the policy";
    }
    return out;
  }

  // The resource, the job that is too long alone, or at least whether a bound says so.
  std::string reason(const InstanceTask& task) const {
    for (const TooLong& alone : diagnosis_.too_long)
      if (alone.what.starts_with("job " + task.name + "#") || alone.what == "window")
        return alone.what + " needs until " + format_time(alone.least_end) + " even alone, it is "
               "due at " + format_time(alone.due);
    if (diagnosis_.overcommitment) return asked_too_much(*diagnosis_.overcommitment);
    for (const Blocking& blocking : diagnosis_.blockings)
      if (takes_part(task, blocking))
        return sentence_of(problem_, blocking) + " (at least " +
               std::to_string(diagnosis_.blockings.size()) + " jobs in all)";
    std::string proof = "no plan was found in which it is in time";
    for (const ObjectiveLevel& level : result_.levels)
      if (level.bound > 0 && ((level.name == takt::name_of(Level::kHardMisses) &&
                               task.criticality == Criticality::kHard) ||
                              (level.name == takt::name_of(Level::kFirmMisses) &&
                               task.criticality == Criticality::kFirm)))
        proof = "at least " + std::to_string(level.bound) + ' ' +
                std::string(takt::name_of(task.criticality)) + " jobs are late in any plan";
    return proof + "; the busiest it can use: " + busiest(task);
  }

  bool is_of(uint32_t op, const InstanceTask& task) const {
    return &instance_.tasks[instance_.jobs[problem_.job_of(op)].task.value()] == &task;
  }
  bool takes_part(const InstanceTask& task, const Blocking& blocking) const {
    return is_of(blocking.held.op, task) ||
           std::any_of(blocking.others.begin(), blocking.others.end(),
                       [&](const Need& other) { return is_of(other.op, task); });
  }
  std::vector<char> pools_of(const InstanceTask& task) const {
    std::vector<char> usable(instance_.pools.size(), 0);
    for (uint32_t op = 0; op < problem_.size(); ++op)
      if (is_of(op, task) && !problem_.is_submit(op))
        for (const FlatMode& mode : problem_.modes(op))
          for (const Demand& demand : mode.demands) usable[demand.pool.value()] = 1;
    return usable;
  }

  std::string asked_too_much(const Overcommitment& over) const {
    std::string pools;
    for (const PoolId pool : over.pools)
      pools += (pools.empty() ? "'" : ", '") + instance_.pools[pool.value()].name + "'";
    return pools + " asked for " + format_time(over.asked) + " of " + format_time(over.offered) +
           " lane time between " + format_time(over.from) + " and " + format_time(over.to);
  }

  std::string busiest(const InstanceTask& task) const {
    const Explanation explanation = explain(problem_, result_.schedule);
    std::string text;
    double most = -1;
    const std::vector<char> usable = pools_of(task);
    for (size_t p = 0; p < usable.size(); ++p) {
      const Pool& pool = instance_.pools[p];
      double load = 0;
      for (const LaneId lane : pool.lanes) load += explanation.lanes[lane.value()].load;
      load /= double(pool.lanes.size());
      if (usable[p] == 0 || load <= most) continue;
      most = load;
      char percent[32];
      std::snprintf(percent, sizeof percent, "' at %.0f %%", load * 100);
      text = "'" + pool.name + percent;
    }
    return text;
  }

  Admitted of_chain(const InstanceChain& chain) const {
    Admitted out{"chain " + chain.name, Criticality::kBestEffort, Verdict::kGuaranteed, ""};
    Nanos most(0);
    for (const ChainRun& run : chain.runs) {
      const Job& last = instance_.jobs[run.last.value()];
      out.criticality = std::min(out.criticality, instance_.tasks[last.task.value()].criticality);
      const Nanos took = done_[run.last.value()] - instance_.jobs[run.first.value()].release;
      most = std::max(most, took);
    }
    if (most <= chain.deadline) return out;
    out.verdict = shortfall(out.criticality);
    out.why = "takes up to " + format_time(most) + ", " + format_time(chain.deadline) +
              " are allowed";
    return out;
  }

  const Problem& problem_;
  const Instance& instance_;
  const SolveResult& result_;
  const Diagnosis diagnosis_;
  const std::vector<Nanos> done_;
};

const Admitted* find(const Admission& admission, const std::string& name) {
  const auto found = std::find_if(admission.tasks.begin(), admission.tasks.end(),
                                  [&](const Admitted& one) { return one.name == name; });
  return found == admission.tasks.end() ? nullptr : &*found;
}

std::string line_of(const Admitted& one) {
  return one.name + " (" + std::string(name_of(one.criticality)) + "): " +
         std::string(name_of(one.verdict)) + ": " + one.why + '\n';
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGuaranteed: return "guaranteed";
    case Verdict::kDegraded: return "degraded";
    case Verdict::kRefused: return "refused";
  }
  return "";
}

bool Admission::refused() const {
  return std::any_of(tasks.begin(), tasks.end(),
                     [](const Admitted& one) { return one.verdict == Verdict::kRefused; });
}

Admission admission_of(const Problem& problem, const SolveResult& result) {
  return Judge(problem, result).admission();
}

std::vector<Admitted> stale_edges(const Workload& workload) {
  std::vector<Admitted> stale;
  for (const DataEdge& edge : workload.edges) {
    if (edge.staleness == Nanos::max()) continue;
    const Task& from = workload.tasks[edge.from.value()];
    const Task& to = workload.tasks[edge.to.value()];
    bool at_any_time = false;
    for (const Task* task = &from;; task = &workload.tasks[task->on.value()]) {
      at_any_time |= task->arrival == Arrival::kSporadic || task->arrival_pct < 100;
      if (task->arrival != Arrival::kEvent) break;
    }
    const Nanos oldest = from.period.length() + from.deadline;
    if (!at_any_time && oldest <= edge.staleness) continue;
    stale.push_back({"edge " + from.name + " -> " + to.name, to.criticality, Verdict::kDegraded,
                     at_any_time ? "data may be of any age: '" + from.name + "' need not come"
                                 : "data may be " + format_time(oldest) + " old, " +
                                       format_time(edge.staleness) + " is allowed"});
  }
  return stale;
}

std::string objections(const Admission& before, const Admission& after) {
  std::string text;
  for (const Admitted& one : after.tasks) {
    const Admitted* was = find(before, one.name);
    const Verdict allowed = was ? was->verdict : Verdict::kDegraded;
    if (one.verdict > allowed) text += line_of(one);
  }
  return text;
}

std::string text_of(const Admission& admission) {
  std::string text;
  for (const Admitted& one : admission.tasks)
    if (one.verdict != Verdict::kGuaranteed) text += line_of(one);
  return text;
}

}  // namespace takt
