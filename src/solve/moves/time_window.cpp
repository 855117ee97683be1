// Everything that starts in a stretch of time, on all lanes.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

class TimeWindow final : public Neighbourhood {
 public:
  const char* name() const override { return "time window"; }

  // Merges the lanes' sequences from a random operation's start on.
  void select(Selection& out, const Ranking&) override {
    const MovablePlan& plan = out.plan;
    const Nanos from = plan.start(out.random_op());
    next_.clear();
    for (uint32_t lane = 0; lane < plan.problem().lane_count(); ++lane)
      next_.push_back(plan.first_from(lane, from));
    while (!out.full()) {
      uint32_t earliest = MovablePlan::kNone, on = 0;
      for (uint32_t lane = 0; lane < next_.size(); ++lane) {
        const auto sequence = plan.on_lane(lane);
        if (next_[lane] == sequence.size()) continue;
        const uint32_t op = sequence[next_[lane]];
        if (earliest != MovablePlan::kNone && plan.start(op) >= plan.start(earliest)) continue;
        earliest = op;
        on = lane;
      }
      if (earliest == MovablePlan::kNone) return;
      ++next_[on];
      out.add(earliest);
    }
  }

 private:
  std::vector<size_t> next_;
};

}  // namespace

std::unique_ptr<Neighbourhood> time_window() { return std::make_unique<TimeWindow>(); }

}  // namespace takt
