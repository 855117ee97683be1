// What `takt doctor` looks at: one Finding per thing, in reading order. Read-only: it
// changes nothing on the machine.
#pragma once

#include <string>
#include <vector>

namespace takt {

struct Finding {
  enum class State {
    kGood,
    kCaution,   // works, with a cost that `advice` names
    kMissing,   // something does not work until `advice` is followed
  };
  std::string topic;     // "installed" or "host"
  std::string name;      // "real-time priority"
  std::string value;     // what was found
  State state = State::kGood;
  std::string advice;    // what it costs, and the command that changes it
};
const char* name_of(Finding::State state);

// Compiler, importer, peers, exact engine: what is there, from where, which version.
std::vector<Finding> check_installation();

// What this machine can promise a real-time program. Takes about 0.3 s: it measures how
// late timers fire.
std::vector<Finding> check_host();

}  // namespace takt
