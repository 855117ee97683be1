// HotSwap: carries out changes of a running mission, from workload W to workload W': compile and
// measure what is new, plan W', test whether anything in it is worse off than in W or refused
// (objections() of solve/admission.h), and only then ask the mission to go over at the next
// boundary. Whatever fails on the way leaves the mission as it was, and the error says why.
//
// Compiling and measuring happen in a process of their own (`takt profile`): a compiler that gives
// up or a module that crashes ends that process, its memory goes with it, and its threads have
// ordinary priority at nice 10, below the lanes with and without real-time priority. Only costs
// that the database does not have are measured, beside the running mission: what the lanes take
// from the measurement makes the costs of new kernels too high, never too low.
//
// Threads: apply() from one thread at a time, also while the others are called from any.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/mission_control.h"
#include "app/planning.h"
#include "base/result.h"
#include "model/control_request.h"
#include "model/soc.h"

namespace takt {

struct HotSwapOptions {
  // Ends with every module of the workload file that is appended to it compiled into
  // `module_dir` and every cost in `db`.
  std::vector<std::string> prepare_command;
  Nanos prepare_time = seconds(600);   // it may take
  std::string module_dir, db;
  Soc soc;
  PlanningOptions planning;
  bool planned = true;                 // false: the mission runs without plans
  std::string mode;                    // of the workload, that it runs in; "": the first
  bool windows = false;                // the mission plans its windows while it runs
};

struct SwapOutcome {
  SwitchReport switched;
  Nanos prepared, planned;             // how long compiling and measuring, planning took
};

class HotSwap {
 public:
  // `mission` runs `workload` in options.mode, and outlives this.
  HotSwap(MissionControl& mission, Workload workload, HotSwapOptions options);

  // REQUIRES: not a list request
  Result<SwapOutcome> apply(const ControlRequest& request);
  // Ends an apply() that prepares, and all later ones.
  void stop() { stop_.store(true); }

  // What is active of the mission, and in which of its modes ("" without modes).
  Workload workload() const;
  std::string mode() const;

 private:
  struct State {
    Workload whole;                    // in all modes
    std::string mode;
    Workload active;
    std::optional<Admission> admission;   // of `active`; nullopt: not planned yet
  };
  State state() const;
  Result<CompiledWorkload> prepare(const Workload& next);
  Status compile_and_measure(const Workload& next);
  Result<PlannedWorkload> plan(const CompiledWorkload& compiled) const;
  Admission admission_before();

  MissionControl& mission_;
  const HotSwapOptions options_;
  std::atomic<bool> stop_{false};

  mutable std::mutex mutex_;           // guards what follows
  State state_;
};

}  // namespace takt
