#include "app/loop_conditions.h"

#include <algorithm>
#include <map>

#include "app/mission_tuning.h"

namespace takt {
namespace {

// Of the mode on one lane; 0: there is none.
Nanos narrow_duration(const Operation& op) {
  for (const Mode& mode : op.modes)
    if (mode.demands.size() == 1 && mode.demands[0].count == 1) return mode.duration;
  return Nanos(0);
}

uint64_t tiles_of(const GraphOp& op) {
  if (op.kind != OpKind::kDispatch) return 0;
  return uint64_t{op.workgroups[0]} * op.workgroups[1] * op.workgroups[2];
}

}  // namespace

LoopConditions::LoopConditions(const Instance& base, const CompiledWorkload& compiled,
                               const std::vector<PlanChange::TaskJobs>& tasks, uint32_t lanes,
                               Nanos origin, Nanos window)
    : base_(base), tasks_(tasks), origin_(origin), window_(window), pool_of_(lanes),
      speeds_(0, static_cast<uint32_t>(base.pools.size()), origin) {
  for (uint32_t pool = 0; pool < base.pools.size(); ++pool)
    for (const LaneId lane : base.pools[pool].lanes)
      if (lane.value() < lanes) pool_of_[lane.value()] = pool;
  Triggers::Extent extent;
  extent.lanes = lanes;
  extent.clusters = static_cast<uint32_t>(base.pools.size());
  extent.kernels = number_kernels(compiled);
  triggers_.emplace(extent);
}

uint32_t LoopConditions::number_kernels(const CompiledWorkload& compiled) {
  ops_of_.resize(base_.tasks.size());
  work_of_.resize(base_.tasks.size());
  planned_work_.resize(static_cast<size_t>(std::max<int64_t>(base_.horizon / window_, 1)));
  std::map<std::string, uint32_t> numbers;
  for (const Operation& op : base_.operations) {
    const Job& job = base_.jobs[op.job.value()];
    const uint32_t t = job.task.value();
    const auto piece = static_cast<size_t>(job.release / window_);
    planned_work_[std::min(piece, planned_work_.size() - 1)] += op.modes.front().duration;
    if (job.index == 0) work_of_[t] += op.modes.front().duration;
    if (op.kind != Operation::Kind::kGraphOp) continue;
    const auto [at, added] =
        numbers.try_emplace(op.kernel_hash, static_cast<uint32_t>(numbers.size()));
    if (added) kernel_hashes_.push_back(op.kernel_hash);
    const DispatchGraph& graph = compiled.modules[base_.tasks[t].module.value()].graph;
    if (ops_of_[t].size() <= op.graph_op) ops_of_[t].resize(op.graph_op + 1);
    Observed& observed = ops_of_[t][op.graph_op];
    observed.kernel = at->second;
    observed.expected = narrow_duration(op);
    observed.tiles = tiles_of(graph.find(base_.tasks[t].function)->ops[op.graph_op]);
  }
  return static_cast<uint32_t>(numbers.size());
}

void LoopConditions::observe(const TraceEvent& event) {
  if (event.task >= tasks_.size() || tasks_[event.task].plan_task == PlanChange::kNoTask) return;
  const uint32_t task = tasks_[event.task].plan_task;
  switch (event.kind) {
    case TraceEvent::Kind::kDecision:
      if (event.value == static_cast<uint16_t>(TraceDecision::kReplan))
        triggers_->report_late(task, event.begin);
      return;
    case TraceEvent::Kind::kRelease: return observe_release(event, task);
    case TraceEvent::Kind::kOp: return observe_operation(event, task);
    default: return;
  }
}

// Only what one lane did alone says how long the kernel takes.
void LoopConditions::observe_operation(const TraceEvent& event, uint32_t task) {
  if (event.op >= ops_of_[task].size()) return;
  Observed& op = ops_of_[task][event.op];
  if (op.tiles == 0 || op.expected <= Nanos(0)) return;
  if (event.job != op.job) {
    op.job = event.job;
    op.lane = event.lane;
    op.seen = 0;
    op.time = Nanos(0);
  }
  if (event.lane != op.lane) return;
  op.seen += event.value;
  op.time += event.end - event.begin;
  if (op.seen != op.tiles) return;
  const Nanos expected = op.expected * 100 / speed_of_lane(event.lane);
  triggers_->report_duration(op.kernel, expected, op.time, event.end);
}

uint32_t LoopConditions::speed_of_lane(uint32_t lane) const {
  return lane < pool_of_.size() ? triggers_->speed_pct(pool_of_[lane]) : 100;
}

void LoopConditions::observe_release(const TraceEvent& event, uint32_t task) {
  const int64_t window = (event.begin - origin_) / window_;
  if (event.begin < origin_ || window < window_now_) return;
  const auto ahead = static_cast<size_t>(window - window_now_);
  if (ahead >= mission_tuning::kOfferedWindowsMax) return;
  if (offered_.size() <= ahead) offered_.resize(ahead + 1);
  offered_[ahead] += work_of_[task];
}

void LoopConditions::report_offered(Nanos now) {
  while (origin_ + window_ * (window_now_ + 1) + mission_tuning::kDrainedBy <= now) {
    const Nanos work = offered_.empty() ? Nanos(0) : offered_.front();
    if (!offered_.empty()) offered_.erase(offered_.begin());
    const Nanos planned = planned_work_[static_cast<size_t>(window_now_) % planned_work_.size()];
    ++window_now_;
    triggers_->report_offered(work, planned, origin_ + window_ * window_now_);
  }
}

void LoopConditions::report_speed(uint32_t pool, uint32_t pct, Nanos now) {
  speeds_.report_speed(pool, pct, now);
}

std::optional<LoopReport::Replan> LoopConditions::update(Nanos now, const LaneMask& lost) {
  (lost - lost_).for_each([&](uint32_t lane) {
    triggers_->report({ReactionReason::kLaneStuck, lane, now});
  });
  (lost_ - lost).for_each([&](uint32_t lane) {
    triggers_->report({ReactionReason::kLaneBack, lane, now});
  });
  lost_ = lost;
  for (ReactionStep step = speeds_.next(now); step.reason != ReactionReason::kNone;
       step = speeds_.next(now))
    triggers_->report(step);
  report_offered(now);
  const ReplanRequest request = triggers_->next(now);
  if (request.reason == ReplanReason::kNone) return std::nullopt;
  conditions_.lost = lost;
  conditions_.speed_pct.clear();
  for (uint32_t pool = 0; pool < base_.pools.size(); ++pool)
    if (const uint32_t pct = triggers_->speed_pct(pool); pct != 100) {
      conditions_.speed_pct.resize(base_.pools.size(), 100);
      conditions_.speed_pct[pool] = pct;
    }
  conditions_.kernel_pct.clear();
  for (uint32_t k = 0; k < kernel_hashes_.size(); ++k)
    if (const uint32_t pct = triggers_->duration_pct(k); pct != 100 && pct > 0)
      conditions_.kernel_pct[kernel_hashes_[k]] = pct;
  return LoopReport::Replan{request, subject_of(request)};
}

std::string LoopConditions::subject_of(const ReplanRequest& request) const {
  switch (request.reason) {
    case ReplanReason::kDuration: return kernel_hashes_[request.subject];
    case ReplanReason::kLate: return base_.tasks[request.subject].name;
    case ReplanReason::kSlower:
    case ReplanReason::kFaster: return base_.pools[request.subject].name;
    case ReplanReason::kLaneLost:
    case ReplanReason::kLaneBack: return base_.lane_names[request.subject];
    default: return "";
  }
}

}  // namespace takt
