#include "bench/fjsp_report.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "bench/measure.h"
#include "bench/suites.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

// Mean percentage above the best known makespan, 2 threads, at 10 and 60 s.
struct Goal {
  const char* set;
  const char* names;            // first and last instance it speaks of; "" all
  double at_10_s, at_60_s;
};
constexpr Goal kGoals[] = {
    {"brandimarte", "mk01-mk10", 0.7, 0.4}, {"dauzere", "", 1.2, 0.8},
    {"barnes", "", 0.1, 0.0},               {"hurink_edata", "", 0.8, 0.5},
    {"hurink_rdata", "", 0.6, 0.4},         {"hurink_vdata", "", 0.2, 0.1},
    {"dag", "", 0.5, 0.2},                  {"jsp", "", 1.0, 0.6},
};

bool speaks_of(const Goal& goal, const Shop& shop) {
  const std::string names = goal.names;
  const size_t dash = names.find('-');
  return shop.set == goal.set && (names.empty() || (shop.name >= names.substr(0, dash) &&
                                                    shop.name <= names.substr(dash + 1)));
}

Nanos time_of(double s) { return Nanos(static_cast<int64_t>(s * 1e9)); }

std::string text_of_seconds(double s) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", s);
  return text;
}

std::vector<double> reached(std::vector<double> checkpoints_s, Nanos time) {
  const double total = time.ms() / 1e3;
  checkpoints_s.push_back(total / 2);
  checkpoints_s.push_back(total);
  std::sort(checkpoints_s.begin(), checkpoints_s.end());
  checkpoints_s.erase(std::unique(checkpoints_s.begin(), checkpoints_s.end()),
                      checkpoints_s.end());
  std::erase_if(checkpoints_s, [&](double s) { return s > total || s <= 0; });
  return checkpoints_s;
}

double percent_above(int64_t value, int64_t of) {
  return of > 0 ? 100.0 * static_cast<double>(value - of) / static_cast<double>(of) : 0;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json json_of(const SolverRun& run, const Shop& shop, const std::vector<double>& checkpoints_s) {
  Json at = Json::array();
  for (const double s : checkpoints_s) {
    const std::optional<int64_t> value = run.value_at(time_of(s));
    const std::optional<int64_t> bound = run.bound_at(time_of(s));
    Json entry = {{"s", s}, {"value", or_null(value)}, {"bound", or_null(bound)}};
    if (value && bound && *value > 0)
      entry["gap_pct"] = 100.0 * static_cast<double>(*value - *bound) /
                         static_cast<double>(*value);
    if (value && shop.best) entry["above_best_pct"] = percent_above(*value, shop.best->upper);
    at.push_back(std::move(entry));
  }
  const std::optional<Nanos> proven = run.proven_at();
  return {{"value", run.values.empty() ? Json() : Json(run.values.back().second)},
          {"bound", run.bounds.empty() ? Json() : Json(run.bounds.back().second)},
          {"at", std::move(at)},
          {"time_to_best_s",
           run.values.empty() ? Json() : Json(run.values.back().first.ms() / 1e3)},
          {"proven_at_s", proven ? Json(proven->ms() / 1e3) : Json()},
          {"total_s", run.total.ms() / 1e3}};
}

// Over the runs that `chosen` is true of; nothing when one of them has no value by then or
// no best known value.
template <class Chosen>
std::optional<double> mean_above(const std::vector<ShopRuns>& all, double s, bool takt,
                                 const Chosen& chosen) {
  double sum = 0;
  int count = 0;
  for (const ShopRuns& runs : all) {
    if (!chosen(runs.shop)) continue;
    if (!runs.shop.best || (!takt && !runs.cpsat)) return std::nullopt;
    const std::optional<int64_t> value = (takt ? runs.takt : *runs.cpsat).value_at(time_of(s));
    if (!value) return std::nullopt;
    sum += percent_above(*value, runs.shop.best->upper);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

Json check(std::string figure, Json value, Json goal, bool met) {
  return {{"figure", std::move(figure)}, {"value", std::move(value)}, {"goal", std::move(goal)},
          {"met", met}};
}

void add_set(const std::string& set, const std::vector<ShopRuns>& all,
             const std::vector<double>& checkpoints_s, Json& report) {
  const auto in_set = [&](const Shop& shop) { return shop.set == set; };
  Json means = Json::array();
  for (const double s : checkpoints_s) {
    const std::optional<double> takt = mean_above(all, s, true, in_set);
    const std::optional<double> cpsat = mean_above(all, s, false, in_set);
    means.push_back({{"s", s}, {"takt", or_null(takt)}, {"cpsat", or_null(cpsat)}});
    if (cpsat)
      report["checks"].push_back(check(set + " at " + text_of_seconds(s) +
                                           " s: mean % above best known, not behind cpsat",
                                       or_null(takt), *cpsat, takt && *takt <= *cpsat));
  }
  const auto runs = std::count_if(all.begin(), all.end(),
                                  [&](const ShopRuns& r) { return r.shop.set == set; });
  report["sets"].push_back({{"set", set}, {"runs", runs}, {"above_best_pct", means}});
}

void add_goals(const std::vector<ShopRuns>& all, Nanos time, Json& report) {
  for (const Goal& goal : kGoals) {
    for (const auto& [s, most] : {std::pair(10.0, goal.at_10_s), std::pair(60.0, goal.at_60_s)}) {
      if (time_of(s) > time) continue;
      const auto mean =
          mean_above(all, s, true, [&](const Shop& shop) { return speaks_of(goal, shop); });
      if (!mean) continue;
      report["checks"].push_back(check(std::string(goal.set) + ' ' + goal.names + " at " +
                                           text_of_seconds(s) + " s: mean % above best known",
                                       *mean, most, *mean <= most));
    }
  }
}

std::string name_of_run(const ShopRuns& runs) {
  return runs.shop.set + '/' + runs.shop.name + " seed " + std::to_string(runs.seed);
}

void add_proofs(const std::vector<ShopRuns>& all, Nanos time, Json& report) {
  Json behind = Json::array();
  int both = 0;
  for (const ShopRuns& runs : all) {
    if (!runs.cpsat) continue;
    const std::optional<Nanos> theirs = runs.cpsat->proven_at();
    if (!theirs || *theirs > time / 2) continue;
    ++both;
    if (!runs.takt.proven) behind.push_back(name_of_run(runs));
  }
  report["unproven_where_cpsat_proves_in_half_the_time"] = behind;
  if (both > 0)
    report["checks"].push_back(check("unproven, of " + std::to_string(both) +
                                         " that cpsat proves in half the time",
                                     behind.size(), 0, behind.empty()));
}

// Whether the run contradicts that some schedule has `upper` and none is below `lower`.
void find_faults(const std::string& solver, const SolverRun& run, int64_t lower, int64_t upper,
                 const std::string& source, Json& faults) {
  if (run.values.empty()) return;
  const int64_t value = run.values.back().second;
  const int64_t bound = run.bounds.empty() ? 0 : run.bounds.back().second;
  if (value < lower)
    faults.push_back(solver + ": makespan " + std::to_string(value) + " is below the bound " +
                     std::to_string(lower) + " of " + source);
  if (bound > upper)
    faults.push_back(solver + ": bound " + std::to_string(bound) + " is above the makespan " +
                     std::to_string(upper) + " of " + source);
  if (run.proven && value > upper)
    faults.push_back(solver + ": proves " + std::to_string(value) + ", and " + source + " has " +
                     std::to_string(upper));
}

void add_faults(const std::vector<ShopRuns>& all, Json& report) {
  Json faults = Json::array();
  for (const ShopRuns& runs : all) {
    const std::string takt = "takt on " + name_of_run(runs);
    if (const std::optional<BestKnown>& best = runs.shop.best) {
      const std::string source = best->published ? "the literature" : "the recorded reference";
      find_faults(takt, runs.takt, best->lower, best->upper, source, faults);
      if (runs.cpsat)
        find_faults("cpsat on " + name_of_run(runs), *runs.cpsat, best->lower, best->upper,
                    source, faults);
    }
    if (runs.cpsat && !runs.cpsat->values.empty())
      find_faults(takt, runs.takt,
                  runs.cpsat->bounds.empty() ? 0 : runs.cpsat->bounds.back().second,
                  runs.cpsat->values.back().second, "cpsat", faults);
  }
  report["faults"] = faults;
  report["checks"].push_back(check("values below a known bound, bounds above a known value",
                                   faults.size(), 0, faults.empty()));
}

}  // namespace

std::string outcome_text(const SolverRun& run) {
  if (run.values.empty()) return "no plan";
  const std::optional<Nanos> proven = run.proven_at();
  char text[96];
  std::snprintf(text, sizeof text, "%lld (bound %lld, %s %.2f s)",
                static_cast<long long>(run.values.back().second),
                static_cast<long long>(run.bounds.empty() ? 0 : run.bounds.back().second),
                proven ? "proven in" : "best after",
                (proven ? *proven : run.values.back().first).ms() / 1e3);
  return text;
}

Json fjsp_report(const std::vector<ShopRuns>& all, const RunLimits& limits,
                 const std::vector<double>& checkpoints_s) {
  const std::vector<double> checkpoints = reached(checkpoints_s, limits.time);
  Json report = {{"suite", "fjsp"},           {"machine", machine()},
                 {"time_s", limits.time.ms() / 1e3}, {"threads", limits.threads},
                 {"sets", Json::array()},     {"checks", Json::array()}};
  std::map<std::string, int> sets;
  for (const ShopRuns& runs : all) {
    ++sets[runs.shop.set];
    Json instance = {{"set", runs.shop.set},
                     {"name", runs.shop.name}, {"seed", runs.seed}};
    instance["lb"] = runs.shop.best ? Json(runs.shop.best->lower) : Json();
    instance["ub"] = runs.shop.best ? Json(runs.shop.best->upper) : Json();
    instance["published"] = runs.shop.best && runs.shop.best->published;
    instance["takt"] = json_of(runs.takt, runs.shop, checkpoints);
    if (runs.cpsat) instance["cpsat"] = json_of(*runs.cpsat, runs.shop, checkpoints);
    report["instances"].push_back(std::move(instance));
  }
  for (const auto& [set, count] : sets) add_set(set, all, checkpoints, report);
  add_goals(all, limits.time, report);
  add_proofs(all, limits.time, report);
  add_faults(all, report);
  return report;
}

std::string fjsp_table(const Json& report) {
  char line[160];
  std::string text = "mean % above the best known makespan\n";
  for (const Json& set : report["sets"]) {
    std::snprintf(line, sizeof line, "  %-14s %3d runs ", set["set"].get<std::string>().c_str(),
                  set["runs"].get<int>());
    text += line;
    for (const Json& at : set["above_best_pct"]) {
      const auto shown = [&](const char* solver) {
        char figure[32] = "-";
        if (at[solver].is_number())
          std::snprintf(figure, sizeof figure, "%.2f", at[solver].get<double>());
        return std::string(figure);
      };
      std::snprintf(line, sizeof line, "  %g s: takt %s cpsat %s", at["s"].get<double>(),
                    shown("takt").c_str(), shown("cpsat").c_str());
      text += line;
    }
    text += '\n';
  }
  for (const Json& fault : report["faults"]) text += "FAULT " + fault.get<std::string>() + '\n';
  return text;
}

}  // namespace takt::bench
