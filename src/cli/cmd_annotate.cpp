// takt annotate model.mlir --plan plan.json: the schedule as attributes in the IR.
#include <cstdio>

#include "base/file.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "compile/annotate.h"

namespace takt {

int cmd_annotate(int argc, char** argv) {
  CLI::App app{"Write a plan's start times and lanes into the stream-phase IR of a model",
               "takt annotate"};
  std::string model, plan, output, vmfb;
  compile::AnnotateOptions options;
  app.add_option("model", model, "the model the plan's module was compiled from")->required();
  app.add_option("--plan", plan, "plan.json")->required();
  app.add_option("--module", options.module, "which module of the plan (default: by content)");
  app.add_option("-o,--output", output, "annotated IR (default: standard output)");
  app.add_option("--vmfb", vmfb, "go on to this .vmfb");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  options.with_vmfb = !vmfb.empty();
  const Result<compile::AnnotatedModule> annotated = compile::annotate(model, plan, options);
  if (!annotated) return report_error("annotate", annotated.error());
  if (!output.empty()) {
    const Status status = write_file(output, annotated->text);
    if (!status) return report_error("annotate", status.error());
    std::printf("%s: %zu dispatches annotated\n", output.c_str(), annotated->dispatches);
  }
  if (!vmfb.empty()) {
    const Status status = write_file(vmfb, annotated->vmfb);
    if (!status) return report_error("annotate", status.error());
    std::printf("%s\n", vmfb.c_str());
  }
  if (output.empty() && vmfb.empty()) std::fputs(annotated->text.c_str(), stdout);
  return 0;
}

}  // namespace takt
