// What is beside a mission of `takt run`: its control socket, and its live lines on a terminal.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "app/hot_swap.h"
#include "app/live_run.h"

namespace takt {

struct CompanionOptions {
  Workload workload;
  HotSwapOptions hot_swap;
  bool listens = true;
  std::string control;                 // path of the socket; empty: the default
  bool shows = false;                  // live lines; for terminals
};

// A default socket that cannot be made is a warning, one that was asked for an error.
Companion make_companion(const CompanionOptions& options);

// `takt profile` of this program, as HotSwapOptions::prepare_command. Empty options are left out.
std::vector<std::string> profile_command(const std::string& db, const std::string& modules,
                                         const std::string& soc, bool oversubscribe);

}  // namespace takt
