#include "solve/fitting_jobs.h"

#include <algorithm>

namespace takt {
namespace {

// Of the steps of a search, for one that places a single job among decided ones.
constexpr int64_t kInsertShare = 50;
// Of a job's time that the plan leaves free: what ends at its deadline to the nanosecond is late
// with the first hand-over that takes longer, and all that is planned behind it.
constexpr int64_t kMarginShare = 32;

class Fitting {
 public:
  Fitting(const Instance& instance, const SolveOptions& options)
      : instance_(instance), options_(options), in_(instance.jobs.size(), 0) {
    options_.objective = {};
    options_.hint.reset();
  }

  FittingJobs run() {
    std::vector<uint32_t> order(instance_.tasks.size());
    for (uint32_t t = 0; t < order.size(); ++t) order[t] = t;
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      const InstanceTask &x = instance_.tasks[a], &y = instance_.tasks[b];
      return x.criticality != y.criticality ? x.criticality < y.criticality
                                            : x.priority > y.priority;
    });
    for (const uint32_t task : order) {
      take_together(TaskId(task));
      insert_one_by_one(TaskId(task));
    }
    return improved();
  }

 private:
  // What has been taken in must stay in time; of the others as many as can be.
  Instance judged(const std::vector<char>& jobs, TaskId others) const {
    Instance instance = with_jobs(instance_, jobs);
    for (Job& job : instance.jobs)
      if (job.deadline != Nanos::max())
        job.deadline = job.deadline - (job.deadline - job.release) / kMarginShare;
    for (InstanceTask& task : instance.tasks) task.criticality = Criticality::kHard;
    if (others.valid()) instance.tasks[others.value()].criticality = Criticality::kFirm;
    return instance;
  }

  bool in_time(const Job& job, Nanos done) const {
    return done <= std::min(job.deadline, instance_.horizon);
  }

  // Keeps the schedule of the jobs that are in time.
  void take_in(const Problem& problem, const Schedule& schedule, const std::vector<char>& jobs) {
    const std::vector<Nanos> done = completions(problem, schedule);
    decided_.clear();
    uint32_t next = 0;
    for (uint32_t j = 0; j < jobs.size(); ++j) {
      if (!jobs[j]) continue;
      const Job& job = problem.instance().jobs[next];
      in_[j] = in_time(job, done[next++]);
      if (!in_[j]) continue;
      for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op) {
        Commitment made{OpId(), schedule.start[op], schedule.mode[op], {}};
        for (const uint32_t lane : schedule.lanes_of(problem, op))
          made.lanes.push_back(LaneId(lane));
        decided_.push_back(std::move(made));
      }
    }
  }

  void take_together(TaskId task) {
    std::vector<char> jobs = in_;
    for (uint32_t j = 0; j < jobs.size(); ++j)
      if (instance_.jobs[j].task == task) jobs[j] = 1;
    const Instance instance = judged(jobs, task);
    const Problem problem(instance);
    take_in(problem, solve(problem, options_).schedule, jobs);
  }

  // Behind the task's last job that is in: what precedes a decided operation is decided too.
  void insert_one_by_one(TaskId task) {
    uint32_t first = 0;
    for (uint32_t j = 0; j < in_.size(); ++j)
      if (instance_.jobs[j].task == task && in_[j]) first = j + 1;
    for (uint32_t j = first; j < in_.size(); ++j)
      if (instance_.jobs[j].task == task && !options_.cancel.stop_requested()) insert(j);
  }

  void insert(uint32_t job) {
    std::vector<char> jobs = in_;
    jobs[job] = 1;
    Instance instance = judged(jobs, TaskId());
    commit(jobs, job, instance);
    if (!check_instance(instance)) return;
    const Problem problem(instance);
    SolveOptions options = options_;
    options.steps = std::max<int64_t>(options.steps / kInsertShare, options.steps > 0 ? 1 : 0);
    const Schedule schedule = solve(problem, options).schedule;
    const std::vector<Nanos> done = completions(problem, schedule);
    for (uint32_t j = 0; j < done.size(); ++j)
      if (!in_time(instance.jobs[j], done[j])) return;
    take_in(problem, schedule, jobs);
  }

  void commit(const std::vector<char>& jobs, uint32_t open, Instance& instance) const {
    uint32_t next = 0;
    size_t decided = 0;
    for (uint32_t j = 0; j < jobs.size(); ++j) {
      if (!jobs[j]) continue;
      const Job& job = instance.jobs[next++];
      if (j == open) continue;
      for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op) {
        instance.commitments.push_back(decided_[decided++]);
        instance.commitments.back().op = OpId(op);
      }
    }
  }

  FittingJobs improved() {
    FittingJobs fitting{in_, with_jobs(instance_, in_), {}};
    const Instance hard = judged(in_, TaskId());
    const Problem problem(hard);
    SolveOptions options = options_;
    options.objective = {{Level::kHardMisses}, {Level::kHardTardiness}, {Level::kBusy}};
    options.use_whole_budget = true;
    options.hint = decided_schedule(problem);
    fitting.result = solve(problem, options);
    return fitting;
  }

  Schedule decided_schedule(const Problem& problem) const {
    Schedule schedule;
    schedule.resize(problem);
    for (uint32_t op = 0; op < problem.size(); ++op) {
      schedule.start[op] = decided_[op].start;
      schedule.mode[op] = decided_[op].mode;
      for (size_t i = 0; i < decided_[op].lanes.size(); ++i)
        schedule.lanes[problem.lane_slot(op) + i] = decided_[op].lanes[i].value();
    }
    return schedule;
  }

  const Instance& instance_;
  SolveOptions options_;
  std::vector<char> in_;
  std::vector<Commitment> decided_;   // per operation of the jobs that are in, in their order
};

}  // namespace

Instance with_jobs(const Instance& instance, const std::vector<char>& keep) {
  Instance rest = instance;
  rest.jobs.clear();
  rest.operations.clear();
  rest.precedences.clear();
  rest.chains.clear();
  rest.mode_groups.clear();
  rest.commitments.clear();
  std::vector<OpId> moved(instance.operations.size());
  std::vector<uint32_t> next(instance.tasks.size(), 0);
  for (uint32_t j = 0; j < instance.jobs.size(); ++j) {
    if (!keep[j]) continue;
    Job job = instance.jobs[j];
    job.index = next[job.task.value()]++;
    job.first_op = static_cast<uint32_t>(rest.operations.size());
    for (uint32_t i = 0; i < job.op_count; ++i) {
      const uint32_t from = instance.jobs[j].first_op + i;
      moved[from] = OpId(rest.operations.size());
      rest.operations.push_back(instance.operations[from]);
      rest.operations.back().job = JobId(rest.jobs.size());
    }
    rest.jobs.push_back(job);
  }
  for (Precedence edge : instance.precedences) {
    edge.before = moved[edge.before.value()];
    edge.after = moved[edge.after.value()];
    if (edge.before.valid() && edge.after.valid()) rest.precedences.push_back(edge);
  }
  return rest;
}

std::vector<std::vector<uint32_t>> numbers_of(const Instance& instance,
                                              const std::vector<char>& keep) {
  std::vector<std::vector<uint32_t>> numbers(instance.tasks.size());
  for (uint32_t j = 0; j < instance.jobs.size(); ++j)
    if (keep[j]) numbers[instance.jobs[j].task.value()].push_back(instance.jobs[j].index);
  return numbers;
}

FittingJobs fitting_jobs(const Instance& instance, const SolveOptions& options) {
  return Fitting(instance, options).run();
}

}  // namespace takt
