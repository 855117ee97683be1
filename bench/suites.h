// The suites of `takt bench`. Each takes parsed options and returns its report: a JSON
// object with "suite", "machine", the figures and "checks" (figure, goal, met).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/nanos.h"
#include "base/result.h"

namespace takt::bench {

struct Options {
  std::string work_dir;       // compiled modules, costs and plans are kept here
  int rounds = 0;             // 0: the suite's default
  Nanos time;                 // 0: the suite's default
};

Result<nlohmann::json> overhead(const Options& options);
Result<nlohmann::json> models(const Options& options);
Result<nlohmann::json> robot(const Options& options);

}  // namespace takt::bench
