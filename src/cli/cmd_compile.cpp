// takt compile model.mlir -o out/: the .vmfb and its dispatch graph.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "compile/compile.h"

namespace takt {
namespace {

std::string summary_line(const GraphFunction& function) {
  if (!function.plannable) return "not plannable: " + function.reason;
  size_t counts[3] = {}, deps = 0, waves = 0;
  for (const GraphOp& op : function.ops) {
    ++counts[static_cast<size_t>(op.kind)];
    deps += op.deps.size();
    waves = std::max<size_t>(waves, op.wave + size_t{1});
  }
  std::string text = std::to_string(counts[0]) + " dispatches";
  if (counts[1]) text += ", " + std::to_string(counts[1]) + " fills";
  if (counts[2]) text += ", " + std::to_string(counts[2]) + " copies";
  return text + ", " + std::to_string(deps) + " dependencies, " + std::to_string(waves) + " waves";
}

nlohmann::ordered_json to_json(const compile::CompiledModule& module) {
  nlohmann::ordered_json json = {{"vmfb", module.vmfb_path},
                                 {"graph", module.graph_path},
                                 {"up_to_date", module.up_to_date},
                                 {"compiler", module.graph.compiler_version},
                                 {"functions", nlohmann::ordered_json::array()}};
  for (const GraphFunction& function : module.graph.functions)
    json["functions"].push_back({{"name", function.name},
                                 {"plannable", function.plannable},
                                 {"reason", function.reason},
                                 {"operations", function.ops.size()}});
  return json;
}

void print(const compile::CompiledModule& module) {
  std::printf("%s%s\n%s\n", module.vmfb_path.c_str(), module.up_to_date ? " (up to date)" : "",
              module.graph_path.c_str());
  for (const GraphFunction& function : module.graph.functions)
    std::printf("  %-24s %s\n", function.name.c_str(), summary_line(function).c_str());
}

}  // namespace

int cmd_compile(int argc, char** argv) {
  CLI::App app{"Compile a model to a .vmfb and its dispatch graph", "takt compile"};
  std::string model;
  compile::CompileOptions options;
  bool json = false;
  app.add_option("model", model, ".mlir (text or bytecode) or .onnx")->required();
  app.add_option("-o,--output", options.output_dir, "directory of the outputs")->required();
  app.add_option("--name", options.name, "stem of the outputs (default: the model's)");
  app.add_option("--target", options.target, "host, generic, a CPU name, or rv64gcv");
  app.add_option("--flag", options.flags,
                 "a flag for the compiler, e.g. --flag=--iree-opt-level=O3")
      ->allow_extra_args(false);
  app.add_flag("--force", options.force, "compile even if the outputs are up to date");
  app.add_flag("--json", json, "print a machine-readable summary");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  const Result<compile::CompiledModule> module = compile::compile_module(model, options);
  if (!module) return report_error("compile", module.error());
  if (json) std::printf("%s\n", to_json(*module).dump(2).c_str());
  else print(*module);
  return 0;
}

}  // namespace takt
