#include "compile/compile.h"

#include <filesystem>
#include <optional>

#include "base/content_hash.h"
#include "base/file.h"
#include "compile/extract.h"
#include "compile/flags.h"
#include "compile/session.h"
#include "compile/source.h"
#include "compile/target_check.h"

namespace takt::compile {
namespace {

namespace fs = std::filesystem;

struct Outputs {
  std::string directory, vmfb, graph;
};

Outputs outputs_of(const std::string& path, const CompileOptions& options) {
  const fs::path input(path);
  Outputs outputs;
  outputs.directory = options.output_dir.empty() ? input.parent_path().string()
                                                 : options.output_dir;
  const std::string stem = options.name.empty() ? input.stem().string() : options.name;
  outputs.vmfb = (fs::path(outputs.directory) / (stem + ".vmfb")).string();
  outputs.graph = (fs::path(outputs.directory) / (stem + ".graph.json")).string();
  return outputs;
}

// The graph of an earlier run, if it and its .vmfb still belong to these inputs.
std::optional<DispatchGraph> up_to_date(const Outputs& outputs, const std::string& hash) {
  if (!fs::exists(outputs.graph) || !fs::exists(outputs.vmfb)) return std::nullopt;
  Result<DispatchGraph> graph = read_graph(outputs.graph);
  if (!graph || graph->inputs_hash != hash) return std::nullopt;
  const Result<std::string> vmfb = read_file(outputs.vmfb);
  if (!vmfb || content_hash(*vmfb) != graph->vmfb_hash) return std::nullopt;
  return std::move(*graph);
}

struct Compiled {
  DispatchGraph graph;
  std::string vmfb;
};

Result<Compiled> run_phases(const Source& source, const std::vector<std::string>& flags) {
  TAKT_ASSIGN(Session session, Session::create(flags));
  TAKT_ASSIGN(Module module, session.parse(source.text, source.name));
  TAKT_ASSIGN(module, session.run(std::move(module), "", "stream"));
  if (exported_functions(module.op()).empty())
    return bad_input(source.path + ": the module exports no function");
  StreamGraph stream = StreamGraph::extract(module.op(), kernel_salt(flags));
  TAKT_ASSIGN(module, session.run(std::move(module), "stream", "hal"));
  const std::map<std::string, HostFunction> host = host_functions(module.op());
  const std::map<std::string, std::string> binaries = executable_binaries(module.op());
  TAKT_ASSIGN(module, session.run(std::move(module), "hal", "end"));
  Compiled compiled;
  TAKT_ASSIGN(compiled.vmfb, session.vm_bytecode(std::move(module)));
  TAKT_ASSIGN(compiled.graph, std::move(stream).join(host, binaries, compiled.vmfb));
  return compiled;
}

}  // namespace

Result<CompiledModule> compile_module(const std::string& path, const CompileOptions& options) {
  TAKT_ASSIGN(const std::string bytes, read_file(path));
  TAKT_TRY(load_compiler());
  const Outputs outputs = outputs_of(path, options);
  // An .onnx always takes the onnx flags, so its own bytes decide whether to import at all.
  const bool onnx = fs::path(path).extension() == ".onnx";
  const std::vector<std::string> flags =
      compiler_flags(onnx ? "torch.onnx_meta" : bytes, options.target, options.flags);
  const std::string hash = inputs_hash(bytes, flags);
  if (!options.force)
    if (std::optional<DispatchGraph> graph = up_to_date(outputs, hash))
      return CompiledModule{std::move(*graph), outputs.vmfb, outputs.graph, true};
  TAKT_TRY(check_target(flags));
  TAKT_ASSIGN(const Source source, read_source(path));
  TAKT_ASSIGN(Compiled compiled, run_phases(source, flags));
  DispatchGraph& graph = compiled.graph;
  graph.source = path;
  graph.vmfb = fs::path(outputs.vmfb).filename().string();
  graph.vmfb_hash = content_hash(compiled.vmfb);
  graph.compiler_version = compiler_version();
  graph.inputs_hash = hash;
  graph.flags = flags;
  if (!outputs.directory.empty()) TAKT_TRY(make_directories(outputs.directory));
  TAKT_TRY(write_file(outputs.vmfb, compiled.vmfb));
  TAKT_TRY(write_file(outputs.graph, write_graph(graph)));
  return CompiledModule{std::move(graph), outputs.vmfb, outputs.graph, false};
}

}  // namespace takt::compile
