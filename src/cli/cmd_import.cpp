// takt import waters2019|xrbench FILE -o workload.yaml: a published workload as files of takt.
#include <filesystem>

#include "app/published.h"
#include "cli/command_line.h"
#include "cli/commands.h"

namespace takt {
namespace {

struct ImportArguments {
  std::string benchmark, file, output, soc, scenario;
  double gmacs_per_s = XrbenchOptions{}.gmacs_per_s;
};

Result<PublishedWorkload> read(const ImportArguments& arguments) {
  if (arguments.benchmark == "waters2019") return read_waters2019(arguments.file);
  if (arguments.soc.empty())
    return bad_input("--soc: XRBench has no machine of its own; name one, such as "
                     "examples/socs/robot-2x4-npu.yaml");
  XrbenchOptions options;
  options.scenario = arguments.scenario;
  options.gmacs_per_s = arguments.gmacs_per_s;
  TAKT_ASSIGN(options.soc, read_soc(arguments.soc));
  return read_xrbench(arguments.file, options);
}

Status import(const ImportArguments& arguments) {
  TAKT_ASSIGN(PublishedWorkload published, read(arguments));
  const std::string host = published.host;
  TAKT_TRY(write_published(std::move(published), arguments.output));
  const std::string stem = std::filesystem::path(arguments.output).replace_extension().string();
  std::printf("%s, with its graphs, costs and SoC beside it. It has no modules: plan and simulate "
              "it, e.g.\n  takt sim %s --soc %s.soc.yaml --db %s.costs.sqlite --host %s\n",
              arguments.output.c_str(), arguments.output.c_str(), stem.c_str(), stem.c_str(),
              host.c_str());
  return {};
}

}  // namespace

int cmd_import(int argc, char** argv) {
  CLI::App app{"A published workload, numbers without models, as a workload to plan and simulate",
               "takt import"};
  ImportArguments arguments;
  app.add_option("benchmark", arguments.benchmark, "waters2019 or xrbench")
      ->required()->check(CLI::IsMember({"waters2019", "xrbench"}));
  app.add_option("file", arguments.file, "its numbers (JSON; examples/published has some)")
      ->required();
  app.add_option("-o,--output", arguments.output, "workload.yaml")->required();
  app.add_option("--scenario", arguments.scenario, "of xrbench, e.g. VR_gaming");
  app.add_option("--soc", arguments.soc, "of xrbench: its lane classes core.big, core.little, "
                                         "npu.ip");
  app.add_option("--gmacs-per-s", arguments.gmacs_per_s,
                 "of xrbench: 10^9 multiply-accumulates a second of one big core")
      ->check(CLI::PositiveNumber)->capture_default_str();
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  const Status done = import(arguments);
  return done ? 0 : report_error("import", done.error());
}

}  // namespace takt
