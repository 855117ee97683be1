// takt cost list | compare | drift | prune: what the cost database knows, what changed, and how
// old history leaves it.
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "app/learning.h"
#include "app/planning.h"
#include "app/report.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cost/host.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

struct CostArguments {
  std::string db = "costs.sqlite";
  std::string host, module, kernel, with_host, ago, older_than, forget_host;
  double least_pct = 5;
  bool conditions = false, against_profile = false, json = false;
};

// "90d", "12h", "30m", "45s" -> seconds.
Result<int64_t> parse_age(const std::string& flag, const std::string& text) {
  constexpr std::pair<char, int64_t> kUnits[] = {{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}};
  for (const auto& [unit, seconds] : kUnits) {
    if (text.size() < 2 || text.size() > 8 || text.back() != unit) continue;
    if (text.find_first_not_of("0123456789") == text.size() - 1)
      return std::stoll(text) * seconds;
  }
  return bad_input(flag + ": not an age, is '" + text + "'; write 30d, 12h, 90m or 45s");
}

std::string date_text(int64_t unix_s) {
  const time_t time = static_cast<time_t>(unix_s);
  std::tm parts{};
  char text[32] = "never";
  if (unix_s > 0 && ::localtime_r(&time, &parts))
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
  return text;
}

std::string condition_text(const CostCondition& condition) {
  std::string text = std::string(name_of(condition.source)) + ", " +
                     (condition.cold ? "cold" : "warm") +
                     (condition.corun ? ", beside others" : ", alone");
  if (condition.speed_pct != 100) text += ", " + std::to_string(condition.speed_pct) + " % speed";
  return text;
}

Json key_json(const CostKey& key, const std::string& module, const std::string& entry) {
  return {{"module", module},         {"kernel", entry},
          {"kernel_hash", key.kernel_hash}, {"workgroups", key.workgroups},
          {"lane_class", key.lane_class},   {"width", key.width},
          {"variant", key.variant}};
}

void add_stats(const CostStats& stats, Json& json) {
  json["count"] = stats.count;
  json["min_ns"] = stats.min.ns;
  json["median_ns"] = stats.median.ns;
  json["p95_ns"] = stats.p95.ns;
  json["max_ns"] = stats.max.ns;
}

std::string key_text(const CostKey& key, const std::string& module, const std::string& entry) {
  return module + "/" + entry + " " + key.lane_class + " x" + std::to_string(key.width) +
         (key.variant == "default" ? "" : " " + key.variant);
}

// The costs of the host that the filters let through; an error when the host has none at all.
Result<std::vector<CostEntry>> entries_of(CostDb& db, const CostArguments& arguments) {
  TAKT_TRY(read_costs(arguments.db, arguments.host));
  TAKT_ASSIGN(std::vector<CostEntry> entries, db.entries(arguments.host));
  std::erase_if(entries, [&](const CostEntry& entry) {
    return (!arguments.module.empty() && entry.module != arguments.module) ||
           entry.entry.find(arguments.kernel) == std::string::npos;
  });
  if (entries.empty())
    return bad_input(arguments.db + ": no cost of host " + arguments.host +
                     " matches --module and --kernel");
  return entries;
}

Status list_json(CostDb& db, const std::vector<CostEntry>& entries,
                 const CostArguments& arguments) {
  Json json{{"db", arguments.db}, {"host", arguments.host}, {"hosts", Json::array()},
            {"costs", Json::array()}};
  TAKT_ASSIGN(const std::vector<CostHost> hosts, db.hosts());
  for (const CostHost& host : hosts)
    json["hosts"].push_back({{"host", host.fingerprint}, {"costs", host.costs},
                             {"last_recorded_s", host.last_recorded_s}});
  for (const CostEntry& entry : entries) {
    Json row = key_json(entry.key, entry.module, entry.entry);
    add_stats(entry.stats, row);
    row["learned"] = entry.learned;
    row["batches"] = entry.batches;
    row["last_recorded_s"] = entry.last_recorded_s;
    if (arguments.conditions) {
      TAKT_ASSIGN(const auto conditions, db.conditions(arguments.host, entry.key));
      row["conditions"] = Json::array();
      for (const auto& [condition, stats] : conditions) {
        Json part{{"source", name_of(condition.source)}, {"speed_pct", condition.speed_pct},
                  {"cold", condition.cold}, {"corun", condition.corun}};
        add_stats(stats, part);
        row["conditions"].push_back(part);
      }
    }
    json["costs"].push_back(row);
  }
  std::printf("%s\n", json.dump(2).c_str());
  return {};
}

void print_stats(const CostStats& stats, const std::string& what) {
  std::printf("  %9s %9s %9s %8lld  %s\n", duration_text(stats.median).c_str(),
              duration_text(stats.p95).c_str(), duration_text(stats.max).c_str(),
              static_cast<long long>(stats.count), what.c_str());
}

Status list(const CostArguments& arguments) {
  TAKT_ASSIGN(CostDb db, CostDb::open(arguments.db, CostDb::Access::kRead));
  TAKT_ASSIGN(const std::vector<CostEntry> entries, entries_of(db, arguments));
  if (arguments.json) return list_json(db, entries, arguments);
  std::printf("%s: host %s, %zu costs\n  %9s %9s %9s %8s  kernel, lane class, width\n",
              arguments.db.c_str(), arguments.host.c_str(), entries.size(), "median", "p95", "max",
              "samples");
  for (const CostEntry& entry : entries) {
    print_stats(entry.stats, key_text(entry.key, entry.module, entry.entry) +
                                 (entry.learned > 0 ? "" : "  (profile only)"));
    if (!arguments.conditions) continue;
    TAKT_ASSIGN(const auto conditions, db.conditions(arguments.host, entry.key));
    for (const auto& [condition, stats] : conditions)
      print_stats(stats, "    " + condition_text(condition));
  }
  TAKT_ASSIGN(const std::vector<CostHost> hosts, db.hosts());
  for (const CostHost& host : hosts)
    std::printf("host %s: %lld costs, last measured %s\n", host.fingerprint.c_str(),
                static_cast<long long>(host.costs), date_text(host.last_recorded_s).c_str());
  return {};
}

void print_changes(const std::string& title, const std::vector<CostChange>& changes,
                   const CostArguments& arguments) {
  if (arguments.json) {
    Json json{{"db", arguments.db}, {"host", arguments.host}, {"what", title},
              {"changes", Json::array()}};
    for (const CostChange& change : changes) {
      Json row = key_json(change.key, change.module, change.entry);
      row["ratio"] = change.ratio();
      add_stats(change.before, row["before"]);
      add_stats(change.after, row["after"]);
      json["changes"].push_back(row);
    }
    std::printf("%s\n", json.dump(2).c_str());
    return;
  }
  std::printf("%s: %zu\n", title.c_str(), changes.size());
  for (const CostChange& change : changes)
    std::printf("  %+7.1f %%  %9s -> %-9s  %s\n", 100 * (change.ratio() - 1),
                duration_text(change.before.median).c_str(),
                duration_text(change.after.median).c_str(),
                key_text(change.key, change.module, change.entry).c_str());
}

// What the profile alone says.
Result<CostTable> profiled(CostDb& db, const std::string& host,
                           const std::vector<CostEntry>& entries) {
  CostTable table;
  for (const CostEntry& entry : entries) {
    TAKT_ASSIGN(const auto conditions, db.conditions(host, entry.key));
    for (const auto& [condition, stats] : conditions)
      if (condition.source == CostSource::kProfile) table.set(entry.key, stats);
  }
  return table;
}

Status compare_costs(const CostArguments& arguments) {
  if (int(!arguments.with_host.empty()) + int(!arguments.ago.empty()) +
          int(arguments.against_profile) != 1)
    return bad_input("compare: give one of --with HOST, --ago AGE and --profile");
  TAKT_ASSIGN(CostDb db, CostDb::open(arguments.db, CostDb::Access::kRead));
  TAKT_ASSIGN(const std::vector<CostEntry> entries, entries_of(db, arguments));
  TAKT_ASSIGN(const CostTable now, db.table(arguments.host));
  CostTable other;
  std::string what = "the profile";
  if (arguments.against_profile) {
    TAKT_ASSIGN(other, profiled(db, arguments.host, entries));
  } else if (!arguments.with_host.empty()) {
    TAKT_ASSIGN(other, read_costs(arguments.db, arguments.with_host));
    what = "host " + arguments.with_host;
  } else {
    TAKT_ASSIGN(const int64_t age_s, parse_age("--ago", arguments.ago));
    const int64_t then_s = static_cast<int64_t>(std::time(nullptr)) - age_s;
    TAKT_ASSIGN(other, db.table_at(arguments.host, then_s));
    what = date_text(then_s);
    if (other.size() == 0)
      return bad_input("--ago " + arguments.ago + ": " + arguments.db +
                       " knows nothing of host " + arguments.host + " before " + what);
  }
  int64_t both = 0;
  for (const CostEntry& entry : entries) both += other.find(entry.key) != nullptr;
  char title[256];
  std::snprintf(title, sizeof title,
                "%zu costs against %s, %lld of them in both; medians that differ by %g %% or more",
                entries.size(), what.c_str(), static_cast<long long>(both), arguments.least_pct);
  print_changes(title, changed_costs(entries, other, now, arguments.least_pct), arguments);
  return {};
}

Status drift(const CostArguments& arguments) {
  TAKT_ASSIGN(CostDb db, CostDb::open(arguments.db, CostDb::Access::kRead));
  TAKT_ASSIGN(const std::vector<CostEntry> entries, entries_of(db, arguments));
  TAKT_ASSIGN(const std::vector<CostChange> changes,
              drifted_costs(db, arguments.host, entries));
  print_changes("costs that changed for good within their history", changes, arguments);
  return {};
}

Status prune(const CostArguments& arguments, bool all_hosts) {
  if (arguments.older_than.empty() == arguments.forget_host.empty())
    return bad_input("prune: give --older-than AGE (old history of every cost, never its newest "
                     "batch) or --forget HOST (all costs of a host)");
  TAKT_TRY(CostDb::open(arguments.db, CostDb::Access::kRead));   // an error, not a new file
  TAKT_ASSIGN(CostDb db, CostDb::open(arguments.db, CostDb::Access::kWrite));
  int64_t costs = 0, batches = 0;
  if (!arguments.forget_host.empty()) {
    TAKT_ASSIGN(const CostTable table, read_costs(arguments.db, arguments.forget_host));
    costs = static_cast<int64_t>(table.size());
    TAKT_TRY(db.forget(arguments.forget_host));
  } else {
    TAKT_ASSIGN(const int64_t age_s, parse_age("--older-than", arguments.older_than));
    TAKT_ASSIGN(batches, db.prune(all_hosts ? "" : arguments.host,
                                  static_cast<int64_t>(std::time(nullptr)) - age_s));
  }
  if (arguments.json)
    std::printf("%s\n", Json{{"db", arguments.db}, {"costs", costs}, {"batches", batches}}
                            .dump(2).c_str());
  else
    std::printf("%s: %lld costs and %lld batches of history removed\n", arguments.db.c_str(),
                static_cast<long long>(costs), static_cast<long long>(batches));
  return {};
}

CLI::App* add_command(CLI::App& app, const char* name, const char* summary,
                      CostArguments& arguments) {
  CLI::App* command = app.add_subcommand(name, summary);
  command->add_option("--db", arguments.db, "cost database")->capture_default_str();
  command->add_option("--host", arguments.host, "fingerprint (default: this host)");
  command->add_flag("--json", arguments.json, "print a machine-readable report");
  return command;
}

void add_filters(CLI::App* command, CostArguments& arguments) {
  command->add_option("--module", arguments.module, "only costs of this module");
  command->add_option("--kernel", arguments.kernel, "only kernels whose name contains this");
}

}  // namespace

int cmd_cost(int argc, char** argv) {
  CLI::App app{"What the cost database knows, and what changed", "takt cost"};
  app.require_subcommand(1);
  CostArguments arguments;
  CLI::App* lists = add_command(app, "list", "the costs of a host, and all hosts", arguments);
  add_filters(lists, arguments);
  lists->add_flag("--conditions", arguments.conditions,
                  "each cost by condition: profile or run, cold, beside others, speed");
  CLI::App* compares = add_command(app, "compare", "which kernels differ, by how much", arguments);
  add_filters(compares, arguments);
  compares->add_option("--with", arguments.with_host, "another host's costs, by fingerprint");
  compares->add_option("--ago", arguments.ago, "what was known then, e.g. 7d, 12h");
  compares->add_flag("--profile", arguments.against_profile, "what the profile alone says");
  compares->add_option("--least", arguments.least_pct, "least difference in per cent")
      ->check(CLI::Range(0.0, 1e6))->capture_default_str();
  CLI::App* drifts = add_command(app, "drift", "costs that changed for good, run after run",
                                 arguments);
  add_filters(drifts, arguments);
  CLI::App* prunes = add_command(app, "prune", "forget old history, or a host", arguments);
  prunes->add_option("--older-than", arguments.older_than,
                     "history older than this, e.g. 90d, of --host (default: of all)");
  prunes->add_option("--forget", arguments.forget_host, "all costs of this host");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  const bool all_hosts = arguments.host.empty();
  if (all_hosts) arguments.host = host_fingerprint();

  const Status done = lists->parsed()      ? list(arguments)
                      : compares->parsed() ? compare_costs(arguments)
                      : drifts->parsed()   ? drift(arguments)
                                           : prune(arguments, all_hosts);
  return done ? 0 : report_error("cost", done.error());
}

}  // namespace takt
