// The independent judge of a simulation, for tests: from the instance and the trace alone. Shares
// no code with the simulator. "" or what is wrong, in one sentence.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "model/instance.h"
#include "sim/random_mission.h"
#include "sim/simulator.h"

namespace takt {

class TraceChecker {
 public:
  TraceChecker(const Instance& instance, const SimOptions& options, const Trace& trace)
      : instance_(instance), options_(options), trace_(trace) {
    jobs_of_.resize(instance.tasks.size());
    for (uint32_t j = 0; j < instance.jobs.size(); ++j)
      jobs_of_[instance.jobs[j].task.value()].push_back(j);
    for (const TraceEvent& e : trace.events) {
      if (e.kind == TraceEvent::Kind::kRelease) ++released_[{e.task, e.job}];
      if (e.kind == TraceEvent::Kind::kJobEnd) ends_[{e.task, e.job}].push_back(e);
      if (e.kind == TraceEvent::Kind::kOp || e.kind == TraceEvent::Kind::kSubmit)
        runs_[{e.task, e.job, e.kind == TraceEvent::Kind::kSubmit, e.op}].push_back(e);
    }
  }

  std::string check() const {
    for (const std::string& wrong :
         {lanes_overlap(), jobs_do_not_add_up(), runs_too_early(), work_is_wrong()})
      if (!wrong.empty()) return wrong;
    return "";
  }

  // A job that was not shed and of which something never ran: "every wait ends", where no fault
  // lasts and there was time.
  std::string unfinished() const {
    for (const auto& [key, events] : ends_) {
      if (JobOutcome(events.front().value) == JobOutcome::kShed) continue;
      const Job& job = job_of(key);
      for (uint32_t i = 0; i < job.op_count; ++i)
        if (!runs_.contains(key_of(key, job.first_op + i)))
          return trace_.tasks[key.first] + "[" + std::to_string(key.second) + "] operation " +
                 std::to_string(i) + " never ran";
    }
    return "";
  }

 private:
  struct Run {
    uint32_t task;
    uint64_t job;
    bool submit;
    uint32_t op;
    auto operator<=>(const Run&) const = default;
  };
  using JobKey = std::pair<uint32_t, uint64_t>;

  std::string lanes_overlap() const {
    std::map<uint16_t, Nanos> free;
    for (const TraceEvent& e : trace_.events) {   // sorted by begin
      if (e.kind != TraceEvent::Kind::kOp && e.kind != TraceEvent::Kind::kSubmit) continue;
      if (e.begin < free[e.lane])
        return "lane " + trace_.lanes[e.lane] + " runs two operations at " +
               std::to_string(e.begin.ns);
      free[e.lane] = e.end;
    }
    return "";
  }

  const Job& job_of(const JobKey& key) const {
    const std::vector<uint32_t>& jobs = jobs_of_[key.first];
    return instance_.jobs[jobs[key.second % jobs.size()]];
  }
  Nanos base_of(const JobKey& key) const {
    return instance_.horizon * int64_t(key.second / jobs_of_[key.first].size());
  }

  // released = done + missed + shed, and as the times say.
  std::string jobs_do_not_add_up() const {
    for (uint32_t t = 0; t < jobs_of_.size(); ++t)
      for (uint64_t k = 0; k < jobs_of_[t].size() * uint64_t(options_.windows); ++k) {
        const std::string name = trace_.tasks[t] + "[" + std::to_string(k) + "] ";
        const auto released = released_.find({t, k});
        const auto ends = ends_.find({t, k});
        if (released == released_.end()) return name + "was never released";
        if (released->second != 1) return name + "was released twice";
        if (ends == ends_.end() || ends->second.size() != 1) return name + "did not end once";
        const TraceEvent& end = ends->second.front();
        const Job& job = job_of({t, k});
        const Nanos deadline =
            job.deadline == Nanos::max() ? job.deadline : base_of({t, k}) + job.deadline;
        if (end.begin != base_of({t, k}) + job.release) return name + "has a wrong release";
        const auto outcome = JobOutcome(end.value);
        if (outcome == JobOutcome::kDone && end.end > deadline) return name + "is late, not done";
        if (outcome == JobOutcome::kShed &&
            instance_.tasks[t].criticality < Criticality::kSoft)
          return name + "is hard or firm, and was shed";
        const Nanos last = last_end({t, k}, false);
        if (outcome == JobOutcome::kDone && last != end.end) return name + "ended at another time";
        if (outcome != JobOutcome::kDone) continue;
        for (uint32_t i = 0; i < job.op_count; ++i)
          if (const Run run = key_of({t, k}, job.first_op + i);
              !run.submit && !runs_.contains(run))
            return name + "is done without its operation " + std::to_string(i);
      }
    return "";
  }

  Run key_of(const JobKey& job, uint32_t op) const {
    return {job.first, job.second, instance_.operations[op].kind == Operation::Kind::kSubmit,
            instance_.operations[op].graph_op};
  }

  Nanos last_end(const JobKey& key, bool submit) const {
    Nanos last(0);
    for (const auto& [run, events] : runs_)
      if (run.task == key.first && run.job == key.second && (submit || !run.submit))
        for (const TraceEvent& e : events) last = std::max(last, e.end);
    return last;
  }

  const TraceEvent* finished(const JobKey& key, uint32_t op) const {
    const auto found = runs_.find(key_of(key, op));
    return found == runs_.end() ? nullptr : &*std::max_element(
        found->second.begin(), found->second.end(),
        [](const TraceEvent& a, const TraceEvent& b) { return a.end < b.end; });
  }

  // Before the release, before an input, before the job before.
  std::string runs_too_early() const {
    for (const auto& [run, events] : runs_) {
      const JobKey key{run.task, run.job};
      const Nanos begin = events.front().begin;
      const std::string name = trace_.tasks[run.task] + "[" + std::to_string(run.job) +
                               "] operation " + std::to_string(run.op) + " ";
      if (begin < base_of(key) + job_of(key).release) return name + "ran before its release";
      if (run.job > 0 && begin < last_end({run.task, run.job - 1}, true))
        return name + "ran before the job before it was done";
    }
    for (const auto& [key, events] : ends_) {
      const Job& job = job_of(key);
      for (const Precedence& edge : instance_.precedences) {
        const uint32_t after = edge.after.value();
        if (after < job.first_op || after >= job.first_op + job.op_count) continue;
        const Job& before = instance_.jobs[instance_.operations[edge.before.value()].job.value()];
        const JobKey other{before.task.value(), key.second / jobs_of_[key.first].size() *
                                                        jobs_of_[before.task.value()].size() +
                                                    before.index};
        if (JobOutcome(ends_.at(other).front().value) == JobOutcome::kShed) continue;
        const auto found = runs_.find(key_of(key, after));
        if (found == runs_.end()) continue;
        const TraceEvent* input = finished(other, edge.before.value());
        const Nanos begin = found->second.front().begin;
        // Nobody waits for another job's output beyond that job's deadline.
        if (other != key && before.deadline != Nanos::max() &&
            begin >= base_of(other) + before.deadline)
          continue;
        if (!input || begin < input->end + edge.delay)
          return trace_.tasks[key.first] + "[" + std::to_string(key.second) + "] operation " +
                 std::to_string(after - job.first_op) + " ran before its input";
      }
    }
    return "";
  }

  // Without jitter and disturbances the pieces of an operation add up to one.
  std::string work_is_wrong() const {
    if (!options_.jitter.none() || !options_.disturbances.empty() ||
        instance_.links.size() > 0)   // data from another cluster takes time of the lane
      return "";
    for (const auto& [run, events] : runs_) {
      const Job& job = job_of({run.task, run.job});
      const JobOutcome outcome = JobOutcome(ends_.at({run.task, run.job}).front().value);
      if (outcome == JobOutcome::kShed) continue;
      for (uint32_t i = job.first_op; i < job.first_op + job.op_count; ++i) {
        if (!(key_of({run.task, run.job}, i) == run)) continue;
        double rounding = 1e-3;
        const double done = work_of(instance_.operations[i], events, &rounding);
        if (std::abs(done - 1) > rounding)
          return trace_.tasks[run.task] + "[" + std::to_string(run.job) + "] operation " +
                 std::to_string(run.op) + " was worked on " + std::to_string(done) + " times";
      }
    }
    return "";
  }

  // Adds to `rounding` what a nanosecond more makes at each change of its lanes.
  double work_of(const Operation& op, const std::vector<TraceEvent>& events,
                 double* rounding) const {
    std::vector<Nanos> times;
    for (const TraceEvent& e : events) {
      times.push_back(e.begin);
      times.push_back(e.end);
    }
    std::sort(times.begin(), times.end());
    double done = 0;
    for (size_t i = 1; i < times.size(); ++i) {
      std::vector<int> lanes_in(instance_.pools.size(), 0);
      for (const TraceEvent& e : events)
        if (e.begin <= times[i - 1] && e.end >= times[i])
          for (size_t p = 0; p < lanes_in.size(); ++p)
            for (const LaneId lane : instance_.pools[p].lanes)
              lanes_in[p] += lane.value() == e.lane;
      if (times[i] == times[i - 1]) continue;
      const double rate = rate_of(op, lanes_in);
      done += double((times[i] - times[i - 1]).ns) * rate;
      *rounding += rate;
    }
    return done;
  }

  static double rate_of(const Operation& op, const std::vector<int>& lanes_in) {
    double rate = 0;
    for (size_t p = 0; p < lanes_in.size(); ++p) {
      const Mode* best = nullptr;
      const Mode* narrowest = nullptr;
      for (const Mode& mode : op.modes) {
        if (mode.demands.size() == 2) {
          if (lanes_in[mode.demands[1].pool.value()] > 0) return 1.0 / double(mode.duration.ns);
          continue;
        }
        if (mode.demands[0].pool.value() != p) continue;
        if (!narrowest || mode.demands[0].count < narrowest->demands[0].count) narrowest = &mode;
        if (mode.demands[0].count <= lanes_in[p] &&
            (!best || mode.demands[0].count > best->demands[0].count))
          best = &mode;
      }
      if (lanes_in[p] == 0 || !narrowest) continue;
      rate += best ? 1.0 / double(best->duration.ns)
                   : double(lanes_in[p]) / narrowest->demands[0].count /
                         double(narrowest->duration.ns);
    }
    return rate;
  }

  const Instance& instance_;
  const SimOptions& options_;
  const Trace& trace_;
  std::vector<std::vector<uint32_t>> jobs_of_;
  std::map<JobKey, int> released_;
  std::map<JobKey, std::vector<TraceEvent>> ends_;
  std::map<Run, std::vector<TraceEvent>> runs_;
};

inline std::string check_trace(const Instance& instance, const SimOptions& options,
                               const SimResult& result) {
  return TraceChecker(instance, options, result.trace).check();
}

// Every operation at its planned time on its planned lanes, in every window.
inline std::string check_planned_times(const Mission& mission, const SimOptions& options,
                                       const Trace& trace) {
  std::vector<std::string> planned, ran;
  const auto line = [&](uint32_t task, uint64_t job, bool submit, uint32_t op, uint32_t lane,
                        Nanos begin, Nanos end) {
    return trace.tasks[task] + "[" + std::to_string(job) + "]." + std::to_string(op) +
           (submit ? " submit" : "") + " on " + trace.lanes[lane] + " from " +
           std::to_string(begin.ns) + " to " + std::to_string(end.ns);
  };
  for (int64_t w = 0; w < options.windows; ++w)
    for (const PlanOp& op : mission.plan.operations)
      for (const LaneId lane : op.lanes) {
        const Nanos base = mission.plan.window * w;
        planned.push_back(line(op.task.value(),
                               uint64_t(w) * mission.plan.tasks[op.task.value()].jobs + op.job,
                               op.kind == Operation::Kind::kSubmit, op.graph_op, lane.value(),
                               base + op.start, base + op.end()));
      }
  for (const TraceEvent& e : trace.events)
    if (e.kind == TraceEvent::Kind::kOp || e.kind == TraceEvent::Kind::kSubmit)
      ran.push_back(line(e.task, e.job, e.kind == TraceEvent::Kind::kSubmit, e.op, e.lane, e.begin,
                         e.end));
  std::sort(planned.begin(), planned.end());
  std::sort(ran.begin(), ran.end());
  for (size_t i = 0; i < std::max(planned.size(), ran.size()); ++i) {
    const std::string a = i < planned.size() ? planned[i] : "nothing";
    const std::string b = i < ran.size() ? ran[i] : "nothing";
    if (a != b) return "planned: " + a + "; ran: " + b;
  }
  return "";
}

inline bool equal_events(const TraceEvent& a, const TraceEvent& b) {
  return a.kind == b.kind && a.lane == b.lane && a.value == b.value && a.task == b.task &&
         a.op == b.op && a.region == b.region && a.job == b.job && a.begin == b.begin &&
         a.end == b.end;
}

inline int64_t shed_jobs(const Trace& trace) {
  return std::count_if(trace.events.begin(), trace.events.end(), [](const TraceEvent& e) {
    return e.kind == TraceEvent::Kind::kJobEnd && JobOutcome(e.value) == JobOutcome::kShed;
  });
}

// Whether the fault names lanes the mission has.
inline bool mission_has(const Mission& mission, const std::string& fault) {
  const size_t at = fault.find("lane=");
  if (at == fault.npos) return true;
  const std::string lane = fault.substr(at + 5, fault.find(',', at) - at - 5);
  return std::find(mission.instance.lane_names.begin(), mission.instance.lane_names.end(), lane) !=
         mission.instance.lane_names.end();
}

}  // namespace takt
