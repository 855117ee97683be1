#include "cost/learn.h"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <utility>

namespace takt {
namespace {

struct Share {
  uint32_t task, op;
  uint64_t job;
  uint16_t lane;
  Nanos begin, end;
};

struct Busy {
  Nanos begin, end;
};

struct Execution {
  uint32_t task, op;
  Nanos begin, end;
  std::vector<uint16_t> lanes;
};

class Learner {
 public:
  Learner(const Trace& trace, const std::vector<LearnTask>& tasks,
          const std::vector<LearnLane>& lanes, const LearnOptions& options)
      : trace_(trace), tasks_(tasks), lanes_(lanes), options_(options), busy_(lanes.size()) {
    for (const LearnTask& task : tasks)
      functions_.push_back(task.graph ? task.graph->find(task.function) : nullptr);
  }

  Learned result() {
    read_events();
    std::vector<Execution> executions = gather();
    std::sort(executions.begin(), executions.end(), [](const Execution& a, const Execution& b) {
      return std::tie(a.begin, a.task, a.op) < std::tie(b.begin, b.task, b.op);
    });
    for (const Execution& execution : executions) take(execution);
    for (auto& [which, record] : records_) {
      out_.executions += static_cast<int64_t>(record.samples.size());
      out_.records.push_back(std::move(record));
    }
    return std::move(out_);
  }

 private:
  void read_events() {
    for (const TraceEvent& event : trace_.events) {
      const bool submit = event.kind == TraceEvent::Kind::kSubmit;
      if (event.kind != TraceEvent::Kind::kOp && !submit) continue;
      if (event.lane >= lanes_.size()) continue;
      if (!submit) busy_[event.lane].push_back({event.begin, event.end});
      if (event.task >= tasks_.size() || !functions_[event.task]) continue;
      if (submit) {
        take_submit(event);
      } else if (event.op < functions_[event.task]->ops.size()) {
        shares_.push_back({event.task, event.op, event.job, event.lane, event.begin, event.end});
      } else {
        ++out_.unknown;
      }
    }
    for (std::vector<Busy>& lane : busy_)
      std::sort(lane.begin(), lane.end(),
                [](const Busy& a, const Busy& b) { return a.begin < b.begin; });
  }

  std::vector<Execution> gather() {
    std::sort(shares_.begin(), shares_.end(), [](const Share& a, const Share& b) {
      return std::tie(a.task, a.job, a.op, a.lane, a.begin) <
             std::tie(b.task, b.job, b.op, b.lane, b.begin);
    });
    std::vector<Execution> executions;
    for (size_t first = 0, end = 0; first < shares_.size(); first = end) {
      while (end < shares_.size() && shares_[end].task == shares_[first].task &&
             shares_[end].job == shares_[first].job && shares_[end].op == shares_[first].op)
        ++end;
      gather_one({shares_.data() + first, end - first}, &executions);
    }
    return executions;
  }

  void gather_one(std::span<const Share> shares, std::vector<Execution>* executions) {
    Execution execution{shares[0].task, shares[0].op, Nanos::max(), Nanos::min(), {}};
    for (const Share& share : shares) {
      execution.begin = std::min(execution.begin, share.begin);
      execution.end = std::max(execution.end, share.end);
    }
    const Nanos length = execution.end - execution.begin;
    for (size_t first = 0, end = 0; first < shares.size(); first = end) {
      Nanos worked;
      for (; end < shares.size() && shares[end].lane == shares[first].lane; ++end)
        worked += shares[end].end - shares[end].begin;
      const Nanos stay = shares[end - 1].end - shares[first].begin;
      if (worked * 10 < stay * 9) {
        ++out_.preempted;
        return;
      }
      if (stay * 2 < length) {
        ++out_.joined_late;
        return;
      }
      execution.lanes.push_back(shares[first].lane);
    }
    executions->push_back(std::move(execution));
  }

  bool beside_others(const Execution& execution) const {
    const Nanos half = (execution.end - execution.begin) / 2;
    const uint32_t cluster = lanes_[execution.lanes.front()].cluster;
    for (uint16_t lane = 0; lane < lanes_.size(); ++lane) {
      if (lanes_[lane].cluster != cluster ||
          std::find(execution.lanes.begin(), execution.lanes.end(), lane) != execution.lanes.end())
        continue;
      const std::vector<Busy>& busy = busy_[lane];
      auto at = std::partition_point(busy.begin(), busy.end(), [&](const Busy& b) {
        return b.end <= execution.begin;
      });
      Nanos overlap;
      for (; at != busy.end() && at->begin < execution.end; ++at)
        overlap += std::min(at->end, execution.end) - std::max(at->begin, execution.begin);
      if (overlap > Nanos(0) && overlap >= half) return true;
    }
    return false;
  }

  void take(const Execution& execution) {
    const LearnTask& task = tasks_[execution.task];
    const LearnLane& lane = lanes_[execution.lanes.front()];
    const Nanos before = std::exchange(
        last_end_.try_emplace({task.graph, task.function, execution.op}, Nanos::min())
            .first->second,
        execution.end);
    for (const uint16_t other : execution.lanes) {
      if (lanes_[other].lane_class == lane.lane_class) continue;
      ++out_.unknown;
      return;
    }
    const GraphOp& op = functions_[execution.task]->ops[execution.op];
    const CostSubject subject = cost_subject(*task.graph, op);
    const CostKey key{subject.kernel_hash, subject.workgroups, lane.lane_class,
                      static_cast<int>(execution.lanes.size())};
    const bool cold =
        before == Nanos::min() || execution.begin - before > options_.cold_after;
    const CostCondition condition{CostSource::kRun, lane.speed_pct, cold,
                                  beside_others(execution)};
    const std::string entry = op.kind == OpKind::kDispatch
                                  ? task.graph->kernels[op.kernel.value()].entry
                                  : std::string(name_of(op.kind));
    add(key, entry, task.module, condition, execution.end - execution.begin);
  }

  void take_submit(const TraceEvent& event) {
    const LearnTask& task = tasks_[event.task];
    const LearnLane& lane = lanes_[event.lane];
    add({submit_cost_name(task.module, task.function), {1, 1, 1}, lane.lane_class, 1}, "submit",
        task.module, {CostSource::kRun, lane.speed_pct}, event.end - event.begin);
  }

  void add(const CostKey& key, const std::string& entry, const std::string& module,
           const CostCondition& condition, Nanos duration) {
    CostRecord& record = records_[{key, condition}];
    if (record.samples.empty()) record = {key, {entry, module, ""}, condition, {}};
    // Clocks tick: a kernel that is over within one tick still took time.
    record.samples.push_back(std::max(duration, Nanos(1)));
  }

  const Trace& trace_;
  const std::vector<LearnTask>& tasks_;
  const std::vector<LearnLane>& lanes_;
  const LearnOptions options_;
  std::vector<const GraphFunction*> functions_;   // of each task; nullptr: not in its graph
  std::vector<Share> shares_;
  std::vector<std::vector<Busy>> busy_;           // of each lane, by begin
  std::map<std::tuple<const DispatchGraph*, std::string, uint32_t>, Nanos> last_end_;
  std::map<std::pair<CostKey, CostCondition>, CostRecord> records_;
  Learned out_;
};

}  // namespace

Learned learn(const Trace& trace, const std::vector<LearnTask>& tasks,
              const std::vector<LearnLane>& lanes, const LearnOptions& options) {
  return Learner(trace, tasks, lanes, options).result();
}

}  // namespace takt
