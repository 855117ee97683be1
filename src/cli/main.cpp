// The takt program: finds the command in the table and runs it.
#include <cstdio>
#include <cstring>

#include "cli/commands.h"

namespace takt {

// Keep in the order of the way: compile, profile, plan, run, look.
std::span<const Command> commands() {
  static constexpr Command kCommands[] = {
      {"demo", "the main job end to end on this machine", cmd_demo},
      {"compile", "a model to a .vmfb and its dispatch graph", cmd_compile},
      {"annotate", "a plan's start times and lanes into the IR of a model", cmd_annotate},
      {"profile", "measure the costs a workload needs on this host", cmd_profile},
      {"cost", "what the cost database knows, and what changed", cmd_cost},
      {"import", "a published workload (WATERS 2019, XRBench) as a workload", cmd_import},
      {"plan", "start, lanes and width of every operation of a workload", cmd_plan},
      {"solve", "an instance file: a plan with a bound for every level", cmd_solve},
      {"run", "a workload on this host's lanes, beside IREE's drivers", cmd_run},
      {"ctl", "look at a running mission and change it", cmd_ctl},
      {"sim", "a workload or an instance in virtual time, on any SoC", cmd_sim},
      {"verify", "the independent check of a plan", cmd_verify},
      {"soc", "the lanes of a SoC file, or this machine as one (--detect)", cmd_soc},
      {"doctor", "what is installed, missing, and what this machine can promise", cmd_doctor},
      {"bench", "side-by-side figures, all contenders in one run", cmd_bench},
  };
  return kCommands;
}

}  // namespace takt

namespace {

int usage(FILE* out) {
  std::fputs("usage: takt <command> [options]   (takt <command> --help explains one)\n\n", out);
  for (const takt::Command& command : takt::commands())
    std::fprintf(out, "  %-10s %s\n", command.verb, command.summary);
  return out == stdout ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage(stderr);
  if (!std::strcmp(argv[1], "--help") || !std::strcmp(argv[1], "-h")) return usage(stdout);
  for (const takt::Command& command : takt::commands())
    if (!std::strcmp(argv[1], command.verb)) return command.run(argc - 1, argv + 1);
  std::fprintf(stderr, "takt: there is no command '%s'\n\n", argv[1]);
  return usage(stderr);
}
