// One run of a solver on one makespan instance: what it knew at which time. takt's solve()
// in this process; CP-SAT alone in a process of its own (cpsat_peer.py), on as many
// processors.
#pragma once

#include <sched.h>

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/instance.h"
#include "solve/solve.h"

namespace takt::bench {

struct SolverRun {
  using Trace = std::vector<std::pair<Nanos, int64_t>>;   // ascending times
  Trace values, bounds;              // each entry better than the one before
  bool proven = false;
  Nanos total;

  // What was known at that time; nullopt before the first.
  std::optional<int64_t> value_at(Nanos time) const;
  std::optional<int64_t> bound_at(Nanos time) const;
  std::optional<Nanos> proven_at() const;
};

struct RunLimits {
  Nanos time;
  int threads = 2;                   // and processors
  uint64_t seed = 1;
  std::stop_token cancel;
};

// The calling thread, and those it starts, on the first `count` processors it may use, while
// this lives.
class OnProcessors {
 public:
  explicit OnProcessors(int count);
  ~OnProcessors();
  OnProcessors(const OnProcessors&) = delete;
  OnProcessors& operator=(const OnProcessors&) = delete;

 private:
  cpu_set_t before_;
  bool saved_ = false;
};

// kFailed when verify() rejects the plan of this result.
Status check_plan(const Problem& problem, const SolveResult& result, const SolveOptions& options);

// From a fresh state. The clock starts before the Problem is laid out. kFailed when verify()
// rejects the plan.
Result<SolverRun> run_takt(const Instance& instance, const RunLimits& limits);
// kFailed when the venv has no OR-Tools or the peer's script fails, with what it said.
Result<SolverRun> run_cpsat(const std::string& path, const RunLimits& limits);

}  // namespace takt::bench
