// What the host code records into command buffers, read from the IR after phase "hal":
// per function the commands of each submission in order, with their barriers. This is what
// the HAL driver will see, so it has the last word on positions, waves, entry names and
// workgroup counts.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compile/ir.h"
#include "model/dispatch_graph.h"

namespace takt::compile {

struct HostCommand {
  OpKind kind = OpKind::kDispatch;
  std::string executable;                             // symbol of the hal.executable
  std::string entry;                                  // export's name in it
  std::optional<std::array<uint32_t, 3>> workgroups;  // nothing: computed at run time
  uint32_t wave = 0;                                  // barriers with commands before it
};

struct HostSubmission {
  std::vector<HostCommand> commands;
  std::string problem;  // why the commands are not known; empty if they are
};

struct HostFunction {
  std::vector<HostSubmission> submissions;  // of the entry block, in order
};

// By function symbol.
std::map<std::string, HostFunction> host_functions(Op module);

// Executable symbol -> bytes of its binary; executables with several binaries are left out.
std::map<std::string, std::string> executable_binaries(Op module);

}  // namespace takt::compile
