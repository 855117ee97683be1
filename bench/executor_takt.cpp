// The peers of executor_peers.h on takt's executor, by tape or not.
#include <atomic>

#include "base/check.h"
#include "bench/executor_peers.h"

namespace takt::bench {
namespace {

Fault run_item(const void* context, const void* data, LaneContext&, uint32_t, uint32_t) {
  static_cast<const DagWork*>(data)->run(
      static_cast<uint32_t>(reinterpret_cast<uintptr_t>(context)));
  return nullptr;
}

class TaktPeer final : public DagPeer {
 public:
  TaktPeer(const Dag& dag, const DagWork& work, Executor& executor, bool plan)
      : work_(work), executor_(executor), program_(program_of(dag, work)) {
    // Never freed: submission.h wants it to outlive the executor.
    if (!plan) return;
    plan_ = new Assignment(plan_of(dag, executor.lanes()));
    tape_ = Tape::compile(program_, *plan_);
    CHECK(tape_);
  }

  void run() override {
    Submission* submission = executor_.acquire();
    submission->program = &program_;
    submission->data = &work_;
    submission->owner = &ended_;
    submission->assignment = plan_;
    submission->tape = tape_ ? &*tape_ : nullptr;
    submission->done = [](Submission& s, Fault) {
      static_cast<std::atomic<bool>*>(s.owner)->store(true, std::memory_order_release);
    };
    ended_.store(false, std::memory_order_relaxed);
    executor_.submit(submission);
    while (!ended_.load(std::memory_order_acquire)) executor_.wait_idle();
  }

 private:
  const DagWork& work_;
  Executor& executor_;
  Program program_;
  const Assignment* plan_ = nullptr;
  std::optional<Tape> tape_;
  std::atomic<bool> ended_{false};
};

}  // namespace

Program program_of(const Dag& dag, const DagWork&) {
  std::vector<WorkItem> items(dag.items());
  for (uint32_t n = 0; n < dag.items(); ++n)
    items[n] = {run_item, reinterpret_cast<const void*>(uintptr_t{n}), 1, n};
  if (!dag.all_of_layer) return Program::from_deps(std::move(items), dag.deps);
  std::vector<uint32_t> waves;
  for (uint32_t n = 0; n < dag.items(); n += dag.layer) waves.push_back(n);
  return Program::from_waves(std::move(items), waves);
}

Assignment plan_of(const Dag& dag, uint32_t lanes) {
  Assignment plan;
  plan.items.resize(dag.items());
  plan.by_lane.resize(lanes);
  const bool chain = dag.layer == 0 && !dag.deps.back().empty();
  const uint32_t layer = dag.layer ? dag.layer : dag.items();
  for (uint32_t n = 0; n < dag.items(); ++n) {
    const uint32_t lane = chain ? 0 : n % layer * lanes / layer;
    plan.items[n] = {micros(n), micros(1), LaneMask::of(lane)};
    plan.lanes = plan.lanes | plan.items[n].lanes;
    plan.by_lane[lane].push_back(n);
  }
  plan.end = micros(dag.items());
  return plan;
}

Result<std::unique_ptr<Executor>> make_takt_executor(const char* policy) {
  ExecutorOptions options;
  options.cpus = {0, 1};
  TAKT_ASSIGN(options.policy, find_policy(policy));
  options.drop_fault = [](Fault) {};
  return std::make_unique<Executor>(options);
}

std::unique_ptr<DagPeer> make_takt_peer(const Dag& dag, const DagWork& work, Executor& executor,
                                        bool plan) {
  return std::make_unique<TaktPeer>(dag, work, executor, plan);
}

}  // namespace takt::bench
