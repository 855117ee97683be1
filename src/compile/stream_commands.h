// The commands of the execute regions of a stream-phase function, in recording order.
#pragma once

#include <string>
#include <vector>

#include "compile/ir.h"

namespace takt::compile {

struct StreamCommand {
  Op op;                  // stream.cmd.dispatch, .fill or .copy
  uint32_t region = 0;
  uint32_t position = 0;
  uint32_t wave = 0;      // barriers with commands before it, as the hal phase will place them
};

struct StreamCommands {
  std::vector<Op> regions;              // stream.cmd.execute of the entry block, in order
  std::vector<StreamCommand> commands;
  std::string problem;                  // why there is no fixed order; empty if there is
};

StreamCommands stream_commands(Op function);

}  // namespace takt::compile
