// takt solve FILE: the bare solver on an instance file, published or takt's own.
#include <nlohmann/json.hpp>

#include "app/plan_report.h"
#include "app/report.h"
#include "app/solving.h"
#include "base/file.h"
#include "base/time_text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "model/json_writer.h"
#include "solve/exact/cpsat_library.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

struct SolveArguments {
  std::string file, output, objective, time = "10s";
  int64_t steps = 0;
  int threads = 1;
  uint64_t seed = 1;
  bool deterministic = false, no_exact = false, json = false, explain = false;
  bool time_given = false;
};

Result<SolveOptions> options_of(const SolveArguments& arguments) {
  SolveOptions options;
  options.seed = arguments.seed;
  options.threads = arguments.threads;
  options.steps = arguments.steps;
  if (arguments.deterministic && arguments.steps == 0)
    return bad_input("--deterministic counts steps instead of time: say how many with --steps, "
                     "e.g. --deterministic --steps 100000");
  if (arguments.steps > 0 && !arguments.deterministic)
    return bad_input("--steps: is the budget of --deterministic: give both, or a --time");
  if (arguments.deterministic && arguments.time_given)
    return bad_input("--time: a --deterministic search is limited by --steps alone, or its plan "
                     "would depend on the machine's speed; leave --time out");
  const std::optional<Nanos> limit = parse_time(arguments.time);
  if (!limit || *limit <= Nanos(0))
    return bad_input("--time: must be a time such as 500ms or 10s, is '" + arguments.time + "'");
  options.time_limit = *limit;
  if (!arguments.objective.empty()) {
    Result<Objective> objective = parse_objective(arguments.objective);
    if (!objective) return bad_input("--objective: " + objective.error().message);
    options.objective = std::move(*objective);
  }
  if (!arguments.no_exact) options.cpsat_library = exact::CpSatLibrary::default_path();
  return options;
}

Json json_of(const SolvedInstance& solved, const SolveArguments& arguments) {
  const SolveResult& result = solved.result;
  Json json = {{"instance", arguments.file},
               {"operations", solved.instance.operations.size()},
               {"objective", Json::array()},
               {"makespan", result.score[Level::kMakespan]},
               {"fits_window", result.score.overrun == Nanos(0)},
               {"first_plan_ms", result.first_at.ms()},
               {"time_to_best_s", result.best_at.ms() / 1e3},
               {"total_s", result.total.ms() / 1e3},
               {"seed", arguments.seed},
               {"threads", arguments.threads},
               {"steps", result.steps},
               {"memory_bytes", result.memory_bytes},
               {"exact", result.exact}};
  for (const ObjectiveLevel& level : result.levels)
    json["objective"].push_back({{"name", level.name},
                                 {"value", level.value},
                                 {"bound", level.bound},
                                 {"status", name_of(level.proof)}});
  if (!arguments.output.empty()) json["plan"] = arguments.output;
  if (!arguments.explain) return json;
  const Bottleneck& bottleneck = solved.bottleneck;
  json["bottleneck"] = {
      {"pool", solved.instance.pools[bottleneck.pool.value()].name},
      {"load", bottleneck.load},
      {"busiest", {{"lanes", bottleneck.lanes},
                   {"from_ns", bottleneck.from.ns},
                   {"to_ns", bottleneck.to.ns}}}};
  Json& chain = json["critical_chain"] = Json::array();
  for (const ChainLink& link : solved.chain) chain.push_back(link.op);
  return json;
}

void print(const SolvedInstance& solved, const SolveArguments& arguments) {
  const SolveResult& result = solved.result;
  std::printf("%s: %zu operations of %zu jobs; first plan in %s, best after %s of %s\n",
              arguments.file.c_str(), solved.instance.operations.size(),
              solved.instance.jobs.size(), duration_text(result.first_at).c_str(),
              duration_text(result.best_at).c_str(), duration_text(result.total).c_str());
  for (const ObjectiveLevel& level : result.levels) {
    std::printf("  %-15s %14lld   bound %14lld   %s", level.name.c_str(),
                static_cast<long long>(level.value), static_cast<long long>(level.bound),
                std::string(name_of(level.proof)).c_str());
    if (level.proof == ObjectiveLevel::Proof::kOptimal) std::printf("\n");
    else std::printf(" %.2f %%\n", level.gap_pct());
  }
  if (!result.exact.empty()) std::printf("  exact engine: %s\n", result.exact.c_str());
  if (arguments.explain) std::fputs(solve_explanation(solved).c_str(), stdout);
}

Status solve_command(const SolveArguments& arguments) {
  TAKT_ASSIGN(SolveOptions options, options_of(arguments));
  const InterruptStop interrupt;
  options.cancel = interrupt.token();
  TAKT_ASSIGN(const SolvedInstance solved, solve_file(arguments.file, options));
  const bool fits = solved.result.score.overrun == Nanos(0);
  if (fits && !arguments.output.empty())
    TAKT_TRY(write_file(arguments.output, write_plan(solved.plan)));
  if (arguments.json)
    std::fputs(write_json(json_of(solved, arguments)).c_str(), stdout);
  else
    print(solved, arguments);
  if (fits) return {};
  return failed(arguments.file + ": the best schedule found ends " +
                duration_text(solved.result.score.overrun) +
                " (summed over operations) after its window: no plan was written; lower the "
                "load, or give it more --time\n" + solved.diagnosis);
}

}  // namespace

int cmd_solve(int argc, char** argv) {
  CLI::App app{"Solve an instance file: .fjs, .jsp, DAG shop, or takt-instance JSON",
               "takt solve"};
  SolveArguments arguments;
  app.add_option("instance", arguments.file, "the instance file")->required();
  const CLI::Option* time =
      app.add_option("--time", arguments.time, "wall time, e.g. 500ms or 60s")
          ->capture_default_str();
  app.add_option("--threads", arguments.threads, "of the search")
      ->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the search")->capture_default_str();
  app.add_option("--objective", arguments.objective,
                 "levels, most important first, each with an optional tolerance, e.g. "
                 "hard_misses,chain_latency:1%,makespan (default: those that apply)");
  app.add_flag("--deterministic", arguments.deterministic,
               "count --steps instead of time: one plan for a seed, whatever the threads");
  app.add_option("--steps", arguments.steps, "budget of --deterministic")
      ->check(CLI::PositiveNumber);
  app.add_flag("--no-exact", arguments.no_exact, "without CP-SAT");
  app.add_option("-o,--output", arguments.output, "write the plan there");
  app.add_flag("--explain", arguments.explain, "print the critical chain and the bottleneck");
  app.add_flag("--json", arguments.json, "print a machine-readable summary");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  arguments.time_given = time->count() > 0;
  const Status done = solve_command(arguments);
  return done ? 0 : report_error("solve", done.error());
}

}  // namespace takt
