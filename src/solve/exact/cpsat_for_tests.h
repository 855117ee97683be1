// For tests: the solver's CP-SAT, where it can be used.
#pragma once

#include <string>

#include "solve/exact/cpsat_library.h"

namespace takt {

// Nothing under the thread sanitizer, which does not survive a fork in a program with threads.
inline std::string cpsat_for_tests() {
#ifdef __SANITIZE_THREAD__
  return "";
#else
  return exact::CpSatLibrary::default_path();
#endif
}

}  // namespace takt
