// What holds up the operation that the first unsettled level suffers from most: the chain of
// operations that bind each other's starts, with neighbours.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

constexpr uint32_t kNone = MovablePlan::kNone;

class CriticalRegion final : public Neighbourhood {
 public:
  const char* name() const override { return "critical region"; }

  void select(Selection& out, const Ranking& ranking) override {
    uint32_t op = culprit(out, ranking);
    // Long chains from somewhere along them, so that every part has its turn.
    for (uint64_t skip = out.rng.below(2) ? 0 : out.rng.below(2 * out.size + 2); skip-- > 0;)
      if (const uint32_t cause = binding(out, op); cause != kNone) op = cause;
    while (op != kNone && !out.full()) {
      out.add(op);
      for (uint32_t i = 0; i < out.plan.lanes(op).size(); ++i) {
        if (out.rng.below(3) == 0) add(out, out.plan.before(op, i));
        if (out.rng.below(3) == 0) add(out, out.plan.after(op, i));
      }
      op = binding(out, op);
    }
  }

 private:
  static void add(Selection& out, uint32_t op) {
    if (op != kNone && !out.full()) out.add(op);
  }

  // One of those that keep `op` from starting earlier, or kNone.
  static uint32_t binding(Selection& out, uint32_t op) {
    const MovablePlan& plan = out.plan;
    const Problem& problem = plan.problem();
    if (problem.commitment(op)) return kNone;
    const Nanos start = plan.start(op);
    uint32_t found = kNone;
    uint64_t count = 0;
    const auto offer = [&](uint32_t cause) {
      if (!problem.commitment(cause) && out.rng.below(++count) == 0) found = cause;
    };
    for (const Arc& arc : problem.preds(op))
      if (plan.told(arc, op) + plan.handoff() >= start) offer(arc.op);
    for (uint32_t i = 0; i < plan.lanes(op).size(); ++i)
      if (const uint32_t cause = plan.before(op, i); cause != kNone && plan.end(cause) == start)
        offer(cause);
    return found;
  }

  static uint32_t culprit(Selection& out, const Ranking& ranking) {
    for (const LevelSpec& spec : ranking.objective()) {
      if (out.keeper.score()[spec.level] <= ranking.enough(spec.level)) continue;
      if (out.rng.below(4) == 0) continue;
      if (const uint32_t op = culprit_of(out, spec.level); op != kNone) return op;
    }
    return out.random_op();
  }

  static uint32_t culprit_of(Selection& out, Level level) {
    switch (level) {
      case Level::kHardMisses:
      case Level::kHardTardiness: return late_op(out, Criticality::kHard);
      case Level::kFirmMisses: return late_op(out, Criticality::kFirm);
      case Level::kSoftTardiness: return late_op(out, Criticality::kSoft);
      case Level::kChainLatency: return chain_op(out);
      case Level::kControlJitter: return unsteady_op(out);
      case Level::kMakespan: return last_op(out);
      case Level::kActiveLanes:
      case Level::kBusy: break;
    }
    return kNone;
  }

  static uint32_t completing_op(const Selection& out, uint32_t job) {
    for (const uint32_t op : out.keeper.last_ops(job))
      if (out.plan.end(op) == out.keeper.done(job)) return op;
    return kNone;
  }

  static uint32_t late_op(Selection& out, Criticality criticality) {
    const Instance& instance = out.plan.problem().instance();
    uint32_t found = kNone;
    uint64_t count = 0;
    for (uint32_t job = 0; job < instance.jobs.size(); ++job)
      if (instance.tasks[instance.jobs[job].task.value()].criticality == criticality &&
          out.keeper.late(job) && out.rng.below(++count) == 0)
        found = job;
    return found == kNone ? kNone : completing_op(out, found);
  }

  static uint32_t chain_op(const Selection& out) {
    const auto runs = out.keeper.runs();
    size_t worst = 0;
    for (size_t run = 1; run < runs.size(); ++run)
      if (out.keeper.run_ppm(run) > out.keeper.run_ppm(worst)) worst = run;
    return runs.empty() ? kNone : completing_op(out, runs[worst].last);
  }

  // The slowest job of one of the tasks.
  static uint32_t unsteady_op(Selection& out) {
    const auto tasks = out.keeper.jitter_tasks();
    if (tasks.empty()) return kNone;
    const auto& jobs = out.plan.problem().instance().jobs;
    uint32_t found = kNone;
    Nanos worst = Nanos::min();
    for (const uint32_t job : out.keeper.jobs_of(tasks[out.rng.below(tasks.size())]))
      if (const Nanos response = out.keeper.done(job) - jobs[job].release; response > worst) {
        worst = response;
        found = job;
      }
    return found == kNone ? kNone : completing_op(out, found);
  }

  static uint32_t last_op(const Selection& out) {
    uint32_t last = kNone;
    for (uint32_t lane = 0; lane < out.plan.problem().lane_count(); ++lane) {
      const auto sequence = out.plan.on_lane(lane);
      if (sequence.empty()) continue;
      if (last == kNone || out.plan.end(sequence.back()) > out.plan.end(last))
        last = sequence.back();
    }
    return last;
  }
};

}  // namespace

std::unique_ptr<Neighbourhood> critical_region() { return std::make_unique<CriticalRegion>(); }

}  // namespace takt
