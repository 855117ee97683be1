// The suites of `takt bench`. Each takes parsed options and returns its report: a JSON
// object with "suite", "machine", the figures and "checks" (figure, goal, met).
#pragma once

#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"

namespace takt::bench {

struct Options {
  std::string work_dir;       // compiled modules, costs and plans are kept here
  int rounds = 0;             // 0: the suite's default
  Nanos time;                 // 0: the suite's default
  std::stop_token cancel;     // ends the solver's suites early, with what they have

  // Of the solver's suites.
  std::string dir;                          // of published instances, one folder per set
  std::vector<std::string> sets, instances; // only these; empty: all
  std::vector<double> checkpoints_s = {1, 10, 60};
  int threads = 2;
  bool against_cpsat = true;
  bool record_reference = false;            // a long run, kept in bench/baselines
  std::vector<int> sizes, loads;            // of robot instances: operations, per cent
  bool quick = false;
  std::string file;                         // of a published workload; empty: our own copy
};

Result<nlohmann::json> overhead(const Options& options);
Result<nlohmann::json> models(const Options& options);
Result<nlohmann::json> robot(const Options& options);
Result<nlohmann::json> learning(const Options& options);
Result<nlohmann::json> policies(const Options& options);
Result<nlohmann::json> cotenant(const Options& options);
Result<nlohmann::json> idle_time(const Options& options);
Result<nlohmann::json> executor(const Options& options);
Result<nlohmann::json> fjsp(const Options& options);
Result<nlohmann::json> robot_instances(const Options& options);
Result<nlohmann::json> windows(const Options& options);
Result<nlohmann::json> replan(const Options& options);
Result<nlohmann::json> solver_scaling(const Options& options);
Result<nlohmann::json> xrbench(const Options& options);
Result<nlohmann::json> waters(const Options& options);

// The reports for people.
std::string xrbench_table(const nlohmann::json& report);
std::string waters_table(const nlohmann::json& report);
// The report of fjsp() for people.
std::string fjsp_table(const nlohmann::json& report);
// The report of policies() for people.
std::string policies_table(const nlohmann::json& report);
// The report of windows() for people.
std::string windows_table(const nlohmann::json& report);

}  // namespace takt::bench
