// The commands of the takt program. Each cmd_<verb>.cpp defines one function that
// parses its own arguments (argv[0] is the verb), does the work through the rooms and
// returns the exit code: 0 done, 1 the work failed, 2 bad usage or bad input.
#pragma once

#include <span>

namespace takt {

struct Command {
  const char* verb;
  const char* summary;
  int (*run)(int argc, char** argv);
};

std::span<const Command> commands();

int cmd_demo(int argc, char** argv);
int cmd_compile(int argc, char** argv);
int cmd_profile(int argc, char** argv);
int cmd_annotate(int argc, char** argv);
int cmd_cost(int argc, char** argv);
int cmd_import(int argc, char** argv);
int cmd_plan(int argc, char** argv);
int cmd_solve(int argc, char** argv);
int cmd_run(int argc, char** argv);
int cmd_ctl(int argc, char** argv);
int cmd_sim(int argc, char** argv);
int cmd_verify(int argc, char** argv);
int cmd_bench(int argc, char** argv);
int cmd_soc(int argc, char** argv);
int cmd_doctor(int argc, char** argv);

}  // namespace takt
