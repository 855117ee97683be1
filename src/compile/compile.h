// compile_module: .mlir (or .onnx) -> .vmfb and dispatch graph, in this process, through
// libIREECompiler.
//
// Phases: parse -> stream (what the operations touch) -> hal (what the host code submits)
// -> end -> .vmfb. The IR is only read: the .vmfb is byte for byte what iree-compile writes
// with the same flags. Both files appear whole, by rename, the .vmfb first.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/dispatch_graph.h"

namespace takt::compile {

struct CompileOptions {
  std::string output_dir;               // made if missing; "" = the input's directory
  std::string name;                     // stem of the outputs; "" = the input's stem
  std::string target = "host";          // "host", "generic", a CPU name, or "rv64gcv"
  std::vector<std::string> flags;       // given to the compiler as they are, after ours;
                                        // one of ours with the same name gives way
  bool force = false;                   // compile even if the outputs are up to date
};

struct CompiledModule {
  DispatchGraph graph;
  std::string vmfb_path;
  std::string graph_path;
  bool up_to_date = false;              // nothing was compiled
};

// kUsage for bad input and unknown flags, with the compiler's diagnostics
// ("file:line:col: ..."); kFailed if the compiler is missing or gives up.
Result<CompiledModule> compile_module(const std::string& path, const CompileOptions& options);

}  // namespace takt::compile
