// The input types of an IREE function, from its iree.abi.declaration attribute:
//   "async func @main(%input0: tensor<1x48xf32>) -> (%output0: tensor<1x256xf32>)"
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace takt {

// One string per argument, "1x48xf32" for tensors; other types as they are written.
// kUsage when the declaration cannot be read or an argument is not a static tensor.
Result<std::vector<std::string>> input_shapes(std::string_view declaration);

}  // namespace takt
