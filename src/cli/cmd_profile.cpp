// takt profile workload.yaml: measures every cost the workload needs on this host.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "app/planning.h"
#include "app/prepare.h"
#include "app/profile.h"
#include "app/report.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cost/host.h"

namespace takt {
namespace {

struct ProfileArguments {
  std::string workload, soc, modules;
  std::string db = "costs.sqlite";
  bool fresh = false, oversubscribe = false, json = false;
};

// One line that is written over itself on a terminal, nothing elsewhere.
void show_progress(const ProfileProgress& progress) {
  if (!isatty(STDERR_FILENO)) return;
  constexpr int kWidth = 24;
  const int filled = progress.total ? kWidth * progress.done / progress.total : kWidth;
  std::fprintf(stderr, "\r\033[K[%.*s%.*s] %d/%d  %s left  %s", filled, "========================",
               kWidth - filled, "                        ", progress.done, progress.total,
               duration_text(progress.left).c_str(), progress.what.c_str());
  if (progress.done == progress.total) std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

Result<ProfileSummary> run_profile(const ProfileArguments& arguments, const std::string& host) {
  TAKT_ASSIGN(const Workload workload, read_workload(arguments.workload));
  TAKT_ASSIGN(const Soc soc, host_soc(arguments.soc, arguments.oversubscribe));
  TAKT_ASSIGN(const CompiledWorkload compiled, compile_workload(workload, arguments.modules));
  TAKT_ASSIGN(CostDb db, CostDb::open(arguments.db, CostDb::Access::kWrite));
  if (arguments.fresh) TAKT_TRY(db.forget(host));
  ProfileOptions options;
  options.stop = &stop_on_interrupt();
  options.progress = show_progress;
  return profile(compiled.profile_targets(), soc, db, host, options);
}

}  // namespace

int cmd_profile(int argc, char** argv) {
  CLI::App app{"Measure the costs a workload needs on this host", "takt profile"};
  ProfileArguments arguments;
  app.add_option("workload", arguments.workload, "workload.yaml")->required();
  app.add_option("--soc", arguments.soc, "soc.yaml (default: this host)");
  app.add_option("--db", arguments.db, "cost database")->capture_default_str();
  app.add_option("--modules", arguments.modules,
                 "directory of the compiled modules (default: takt-modules beside the workload)");
  app.add_flag("--fresh", arguments.fresh, "forget this host's costs first");
  app.add_flag("--oversubscribe", arguments.oversubscribe,
               "let a SoC with more cores than this host share them");
  app.add_flag("--json", arguments.json, "print a machine-readable summary");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  if (arguments.modules.empty()) arguments.modules = default_module_dir(arguments.workload);

  const std::string host = host_fingerprint();
  const Result<ProfileSummary> summary = run_profile(arguments, host);
  if (!summary) return report_error("profile", summary.error());
  if (arguments.json)
    std::printf("%s\n", nlohmann::ordered_json{{"db", arguments.db},
                                               {"host", host},
                                               {"measured", summary->measured},
                                               {"known", summary->known},
                                               {"stopped", summary->stopped}}.dump(2).c_str());
  else
    std::printf("%s: %d costs measured, %d were known (host %s)%s\n", arguments.db.c_str(),
                summary->measured, summary->known, host.c_str(),
                summary->stopped ? "; stopped, the next call goes on" : "");
  return summary->stopped ? 1 : 0;
}

}  // namespace takt
