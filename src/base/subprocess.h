// Runs another program and collects what it says. No shell is involved.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace takt {

struct SubprocessResult {
  int status = 0;       // exit status; 128 + signal when a signal ended it
  std::string output;   // standard output and standard error, as they came
};

// `words[0]` is the program: a path, or a name looked up in PATH. Blocks until it ends.
// kFailed when it cannot be started. REQUIRES: words not empty
Result<SubprocessResult> run_program(const std::vector<std::string>& words);

}  // namespace takt
