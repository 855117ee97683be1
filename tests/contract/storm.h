// Storm: random work on one executor from several threads at once, every feature in play: plans,
// pins, releases, timers, timelines, scopes, faults, cancels. It keeps its own books, and check()
// holds them against what has to be true afterwards.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "run/executor.h"
#include "run/random_dag.h"

namespace takt::contract {

struct StormOptions {
  uint64_t seed = 1;
  uint32_t threads = 2;            // that submit and cancel
  uint32_t submissions = 40;       // of each thread
  bool faults = false;             // some items fail, and some points
  bool cancels = false;
  uint32_t accelerators = 0;       // of the executor: up to 2
  bool hangs = false;              // some items hang on them; with faults some fail
  bool shutdown = false;           // nobody waits: some work could wait for hours
};

class Storm;

// One submission and what happened to it.
struct StormJob {
  explicit StormJob(const RandomDag& from) : dag(&from), run(from) {}
  const RandomDag* dag;
  RandomDag::Run run;
  Storm* storm = nullptr;
  Assignment plan;
  Timeline ended;                  // point 1: it was done; fails otherwise
  std::string about;               // for messages
  bool bare = false;               // no scope, no signals: done() owns the fault
  bool scoped = false;
  bool may_be_shed = false;
  SubmissionHandle handle;
  std::atomic<uint32_t> dones{0};
  SubmissionEnd end{};
  std::atomic<bool> cancelled{false};   // cancel() said so
};

class Storm {
 public:
  Storm(Executor& executor, const StormOptions& options);

  // Submits everything, from all threads; returns when that is done, not when it has run.
  void submit_all();
  // Every wait ends: all jobs are decided, the scope is idle. Empty, or what was still pending
  // after 20 seconds without help (with workers).
  std::string wait_all();
  // Empty, or what does not hold. REQUIRES: nothing is in flight; the executor may be gone
  std::string check() const;

  // The accelerators of the storm, for `options.accelerators`: some lanes drive both.
  static std::vector<AcceleratorSpec> accelerators(const StormOptions& options, uint32_t lanes);

  // Faults that were made and not freed.
  static std::atomic<int64_t> live_faults;
  static void free_fault(Fault fault);

 private:
  static Fault make_fault();
  static void done(Submission& submission, Fault fault);
  void submit_share(uint32_t thread);
  void fill_in(Rng& rng, uint32_t thread, uint32_t index, Submission& s);
  std::string check(const StormJob& job) const;

  Executor& executor_;
  const StormOptions options_;
  const uint32_t lanes_;           // also when the executor is gone
  std::vector<std::unique_ptr<RandomDag>> dags_;
  std::vector<std::vector<std::unique_ptr<StormJob>>> jobs_;   // of each thread
  std::unique_ptr<std::atomic<uint32_t>[]> lane_users_;
  std::atomic<uint32_t> accelerator_users_[2] = {};
  Scope scope_;
  Timeline broken_;                // failed before the storm
  Timeline never_;
};

}  // namespace takt::contract
