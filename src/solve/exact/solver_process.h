// One solve of CP-SAT in a child process. Two reasons: the library ends its process when one of
// its own checks fails (9.15 does with some settings, see cpsat_engine.cpp), and a process can be
// ended at any moment, while SolveCpStopSearch is answered late by some parts of presolve.
//
// The child is forked without exec, so it needs no program of its own; it runs nothing but the
// library. That is sound as long as no solve runs in the parent: glibc makes malloc and threads
// usable after fork, and the library is bound when it is opened. Should the child hang all the
// same (another thread held a lock of the dynamic linker at the fork), it is killed like any
// solve that is late.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "solve/exact/cpsat_library.h"

namespace takt::exact {

struct SolverTask {
  std::string model, parameters;      // serialized
  std::vector<int> cpus;              // the child runs there; empty: where the caller may
  Nanos deadline = Nanos::max();      // monotonic; then it is stopped as by `stop`
  std::stop_token stop;
};

// The serialized response; nullopt when a stopped solver gave none within 20 ms, and was
// killed. kFailed: the child could not be started, or was ended by a signal. Any thread; several
// at once are independent. The child ends with this call, and with this process.
Result<std::optional<std::string>> solve_in_child(const CpSatLibrary& library,
                                                  const SolverTask& task);

}  // namespace takt::exact
