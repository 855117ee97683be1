// Runs another program and collects what it says. No shell is involved.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"

namespace takt {

struct SubprocessResult {
  int status = 0;       // exit status; 128 + signal when a signal ended it
  std::string output;   // standard output and standard error, as they came
};

struct SubprocessLimits {
  Nanos time = Nanos::max();                   // it may take
  const std::atomic<bool>* stop = nullptr;     // set: it is ended, within 0.1 s
};

// `words[0]` is the program: a path, or a name looked up in PATH. Blocks until it ends.
// kFailed when it cannot be started, and when a limit ended it (with SIGKILL).
// REQUIRES: words not empty
Result<SubprocessResult> run_program(const std::vector<std::string>& words,
                                     const SubprocessLimits& limits = {});

}  // namespace takt
