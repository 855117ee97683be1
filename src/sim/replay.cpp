#include "sim/replay.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace takt {
namespace {

using JobKey = std::pair<uint32_t, uint64_t>;           // task of the instance, number in the run

struct OpKey {
  bool submit = false;
  uint32_t graph_op = 0;
  auto operator<=>(const OpKey&) const = default;
};

struct Share {
  uint32_t lane;
  Nanos begin, end;
};

struct RecordedJob {
  Nanos release, end;
  bool whole = false;                                    // ended, and not shed
  std::map<OpKey, std::vector<Share>> ops;
};

bool is_work(const TraceEvent& e) {
  return e.kind == TraceEvent::Kind::kOp || e.kind == TraceEvent::Kind::kSubmit;
}

class ReplayMaker {
 public:
  ReplayMaker(const Instance& instance, const Plan* plan, const Trace& recorded)
      : from_(instance), plan_(plan), recorded_(recorded) {}

  Result<Replay> make() {
    if (recorded_.dropped > 0)
      return bad_input("the recording lost " + std::to_string(recorded_.dropped) +
                       " events: it cannot be replayed; record a shorter run");
    TAKT_TRY(match_names());
    TAKT_TRY(collect());
    Instance& instance = replay_.instance;
    instance.name = from_.name + " replayed";
    instance.lane_names = from_.lane_names;
    instance.pools = from_.pools;
    instance.links = from_.links;
    instance.tasks = from_.tasks;
    if (plan_) start_plan();
    for (const auto& [key, job] : jobs_)
      if (job.whole) zero_ = std::min(zero_, job.release);
    for (const auto& [key, job] : jobs_)
      if (job.whole) add_job(key, job);
    if (instance.jobs.empty()) return bad_input("the recording has no whole job to replay");
    return std::move(replay_);
  }

 private:
  Status match_names() {
    jobs_of_.resize(from_.tasks.size());
    for (uint32_t j = 0; j < from_.jobs.size(); ++j)
      jobs_of_[from_.jobs[j].task.value()].push_back(j);
    for (const std::string& name : recorded_.tasks) {
      const auto found = std::find_if(from_.tasks.begin(), from_.tasks.end(),
                                      [&](const InstanceTask& t) { return t.name == name; });
      if (found == from_.tasks.end())
        return bad_input("the recording has task '" + name + "', the workload has not");
      task_of_.push_back(uint32_t(found - from_.tasks.begin()));
    }
    // A device that was told cpus only calls its lanes by number.
    if (recorded_.lanes.size() > from_.lane_names.size())
      return bad_input("the recording has " + std::to_string(recorded_.lanes.size()) +
                       " lanes, the SoC " + std::to_string(from_.lane_names.size()));
    for (uint32_t lane = 0; lane < recorded_.lanes.size(); ++lane) {
      const auto found = std::find(from_.lane_names.begin(), from_.lane_names.end(),
                                   recorded_.lanes[lane]);
      lane_of_.push_back(found == from_.lane_names.end()
                             ? lane
                             : uint32_t(found - from_.lane_names.begin()));
    }
    return {};
  }

  Status collect() {
    for (const TraceEvent& e : recorded_.events) {
      if (e.task == TraceEvent::kNoTask) continue;
      RecordedJob& job = jobs_[{task_of_[e.task], e.job}];
      if (e.kind == TraceEvent::Kind::kJobEnd) {
        job.release = e.begin;
        job.end = e.end;
        job.whole = JobOutcome(e.value) != JobOutcome::kShed;
      } else if (is_work(e) && e.lane < lane_of_.size()) {
        const bool submit = e.kind == TraceEvent::Kind::kSubmit;
        job.ops[{submit, submit ? 0 : e.op}].push_back({lane_of_[e.lane], e.begin, e.end});
      }
    }
    for (const auto& [key, job] : jobs_) {
      const Job& spec = job_of(key);
      for (uint32_t i = 0; i < spec.op_count && job.whole; ++i) {
        const Operation& op = from_.operations[spec.first_op + i];
        if (op.kind != Operation::Kind::kSubmit && !job.ops.contains({false, op.graph_op}))
          return bad_input("the recording has job " + std::to_string(key.second) + " of task '" +
                           from_.tasks[key.first].name + "' without its operation " +
                           std::to_string(op.graph_op) + ": it is of another workload");
      }
    }
    return {};
  }

  const Job& job_of(const JobKey& key) const {
    const std::vector<uint32_t>& jobs = jobs_of_[key.first];
    return from_.jobs[jobs[key.second % jobs.size()]];
  }

  void start_plan() {
    replay_.plan = *plan_;
    replay_.plan->operations.clear();
    replay_.plan->window = Nanos::max();
    for (PlanTask& task : replay_.plan->tasks) task.jobs = 0;
  }

  void add_job(const JobKey& key, const RecordedJob& recorded) {
    const Job& spec = job_of(key);
    Instance& to = replay_.instance;
    Job job = spec;
    job.index = counts_[key.first]++;
    job.first_op = uint32_t(to.operations.size());
    const Nanos base = recorded.release - zero_ - spec.release;
    job.release = base + spec.release;
    if (spec.deadline != Nanos::max()) job.deadline = base + spec.deadline;
    for (uint32_t i = 0; i < spec.op_count; ++i) add_op(spec, i, recorded);
    for (const Precedence& edge : from_.precedences) {
      const uint32_t before = edge.before.value() - spec.first_op;
      const uint32_t after = edge.after.value() - spec.first_op;
      if (before < spec.op_count && after < spec.op_count)
        to.precedences.push_back({OpId(job.first_op + before), OpId(job.first_op + after),
                                  edge.delay, edge.bytes});
    }
    to.jobs.push_back(job);
    if (plan_) add_planned(spec, job, base);
  }

  void add_op(const Job& spec, uint32_t i, const RecordedJob& recorded) {
    Operation op = from_.operations[spec.first_op + i];
    op.job = JobId(replay_.instance.jobs.size());
    const bool submit = op.kind == Operation::Kind::kSubmit;
    const auto found = recorded.ops.find({submit, submit ? 0 : op.graph_op});
    Nanos work(0);
    std::vector<uint32_t> lanes;
    if (found != recorded.ops.end())
      for (const Share& share : found->second) {
        work += share.end - share.begin;
        lanes.push_back(share.lane);
      }
    std::sort(lanes.begin(), lanes.end());
    lanes.erase(std::unique(lanes.begin(), lanes.end()), lanes.end());
    op.modes.clear();
    for (uint32_t p = 0; p < from_.pools.size(); ++p)
      for (size_t width = 1; width <= std::min(lanes.size() + lanes.empty(),
                                               from_.pools[p].lanes.size());
           ++width)
        op.modes.push_back({{{PoolId(p), int(width)}}, "default",
                            std::max(work / int64_t(width), Nanos(1))});
    replay_.tiles.push_back(lanes.size() > 1 ? kTiles : 1);
    replay_.instance.operations.push_back(std::move(op));
  }

  void add_planned(const Job& spec, const Job& job, Nanos base) {
    const std::string& task = from_.tasks[spec.task.value()].name;
    for (const PlanOp& planned : plan_->operations) {
      if (planned.job != spec.index || plan_->tasks[planned.task.value()].name != task) continue;
      PlanOp op = planned;
      op.job = job.index;
      op.start += base;
      replay_.plan->operations.push_back(std::move(op));
    }
    for (PlanTask& of_plan : replay_.plan->tasks)
      if (of_plan.name == task) ++of_plan.jobs;
  }

  static constexpr uint32_t kTiles = 64;   // a shared operation can be left nearly anywhere

  const Instance& from_;
  const Plan* plan_;
  const Trace& recorded_;
  std::vector<std::vector<uint32_t>> jobs_of_;
  std::vector<uint32_t> task_of_, lane_of_;
  std::map<JobKey, RecordedJob> jobs_;
  std::map<uint32_t, uint32_t> counts_;
  Nanos zero_ = Nanos::max();
  Replay replay_;
};

// The work of every lane in order, jobs counted per task as replay_of() does; only of the jobs
// that are in both.
struct LaneOrder {
  std::vector<std::vector<std::string>> shares;   // per lane
  std::map<std::string, Nanos> responses;
  Nanos first = Nanos::max(), last = Nanos::min();
};

LaneOrder order_of(const Trace& trace, const std::vector<std::string>& lanes, bool skip_shed) {
  LaneOrder order;
  order.shares.resize(lanes.size());
  std::map<std::string, std::map<uint64_t, uint64_t>> numbers;   // of the jobs that count
  for (const TraceEvent& e : trace.events)
    if (e.kind == TraceEvent::Kind::kJobEnd &&
        !(skip_shed && JobOutcome(e.value) == JobOutcome::kShed))
      numbers[trace.tasks[e.task]][e.job] = 0;
  for (auto& [task, jobs] : numbers) {
    uint64_t next = 0;
    for (auto& [job, number] : jobs) number = next++;
  }
  for (const TraceEvent& e : trace.events) {
    if (e.task == TraceEvent::kNoTask) continue;
    const std::string& task = trace.tasks[e.task];
    const auto found = numbers[task].find(e.job);
    if (found == numbers[task].end()) continue;
    const std::string job = task + "[" + std::to_string(found->second) + "]";
    if (e.kind == TraceEvent::Kind::kJobEnd) {
      order.responses[job] = e.end - e.begin;
      order.first = std::min(order.first, e.begin);
    } else if (e.kind == TraceEvent::Kind::kOp && e.lane < trace.lanes.size()) {
      const auto lane = std::find(lanes.begin(), lanes.end(), trace.lanes[e.lane]);
      auto& shares = order.shares[lane == lanes.end() ? e.lane : size_t(lane - lanes.begin())];
      const std::string share = job + "." + std::to_string(e.op);
      // A lane that looked up in between and went on is one share.
      if (shares.empty() || shares.back() != share) shares.push_back(share);
      order.last = std::max(order.last, e.end);
    }
  }
  return order;
}

// The longest ascending subsequence (Fredman 1975).
size_t longest_ascending(const std::vector<size_t>& values) {
  std::vector<size_t> tails;
  for (const size_t value : values) {
    const auto at = std::upper_bound(tails.begin(), tails.end(), value);
    if (at == tails.end()) tails.push_back(value);
    else *at = value;
  }
  return tails.size();
}

}  // namespace

Result<Replay> replay_of(const Instance& instance, const Plan* plan, const Trace& recorded) {
  return ReplayMaker(instance, plan, recorded).make();
}

double ReplayMatch::makespan_error_pct() const {
  return 100.0 * double(simulated_makespan.ns - recorded_makespan.ns) /
         double(std::max<int64_t>(recorded_makespan.ns, 1));
}

ReplayMatch compare_replay(const Replay& replay, const Trace& recorded, const Trace& simulated) {
  const std::vector<std::string>& lanes = replay.instance.lane_names;
  const LaneOrder was = order_of(recorded, lanes, true), is = order_of(simulated, lanes, false);
  ReplayMatch match;
  match.recorded_makespan = was.last - was.first;
  match.simulated_makespan = is.last - is.first;
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    std::map<std::string, size_t> place;
    for (size_t i = 0; i < is.shares[lane].size(); ++i) place.emplace(is.shares[lane][i], i);
    std::vector<size_t> places;
    for (const std::string& share : was.shares[lane]) {
      ++match.shares;
      const auto found = place.find(share);
      if (found == place.end()) ++match.moved;
      else places.push_back(found->second);
    }
    match.swapped += int64_t(places.size() - longest_ascending(places));
  }
  double difference = 0, sum = 0;
  for (const auto& [job, response] : was.responses) {
    const auto found = is.responses.find(job);
    if (found == is.responses.end()) continue;
    difference += std::abs(double((found->second - response).ns));
    sum += double(response.ns);
  }
  match.response_error_pct = sum > 0 ? 100 * difference / sum : 0;
  return match;
}

}  // namespace takt
