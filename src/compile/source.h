// The text to compile: an .mlir (text or bytecode) as it is, an .onnx through the importer
// of the wheel.
#pragma once

#include <string>

#include "base/result.h"

namespace takt::compile {

struct Source {
  std::string path;    // as given
  std::string text;    // MLIR
  std::string name;    // for the compiler's diagnostics
};

// kUsage if the file is missing or the importer refuses it.
Result<Source> read_source(const std::string& path);

}  // namespace takt::compile
