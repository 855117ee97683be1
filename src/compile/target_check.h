// Does the compiler accept a target? LLVM ends the process on an unknown CPU or triple, so
// the question is asked in another one, and only for targets that are not ours.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace takt::compile {

// kUsage with what the compiler says if it cannot make code for the target in `flags`.
Status check_target(const std::vector<std::string>& flags);

}  // namespace takt::compile
