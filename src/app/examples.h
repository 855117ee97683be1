// The example networks and workloads of the source tree, made ready in a directory.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace takt {

// The names of the example networks.
const std::vector<std::string>& example_networks();

// Generates the networks as `dir`/NAME.mlir (examples/models/generate.py with the venv's
// Python; skips what is there) and copies the workloads of examples/workloads beside
// them, so that their relative paths hold.
Status write_examples(const std::string& dir);

}  // namespace takt
