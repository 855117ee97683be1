// What this program was built from.
#pragma once

#include <string>

namespace takt {

inline constexpr char kTaktVersion[] = "0.1.0";

// The source tree this program was built from (its examples are read from there).
std::string source_dir();

// The git commit of the source tree, with "+" when it has uncommitted changes; empty
// outside of a checkout. Asked for when called: a build does not depend on the commit.
std::string build_commit();

}  // namespace takt
