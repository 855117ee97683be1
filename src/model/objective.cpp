#include "model/objective.h"

#include <algorithm>
#include <optional>

#include "base/int128.h"
#include "base/time_text.h"

namespace takt {
namespace {

bool is_time(Level level) {
  return level == Level::kHardTardiness || level == Level::kControlJitter ||
         level == Level::kSoftTardiness || level == Level::kMakespan || level == Level::kBusy;
}

// "12%" and "0.5%" in ppm; nullopt for anything else.
std::optional<int64_t> parse_percent(std::string_view text) {
  if (text.size() < 2 || text.back() != '%') return std::nullopt;
  text.remove_suffix(1);
  int64_t ppm = 0, unit = 10'000;
  bool fraction = false;
  for (const char c : text) {
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9' || ppm > 100'000'000) return std::nullopt;
    if (fraction && (unit /= 10) == 0) return std::nullopt;
    ppm = fraction ? ppm + (c - '0') * unit : ppm * 10 + (c - '0') * unit;
  }
  return ppm;
}

bool parse_tolerance(std::string_view text, LevelSpec& spec) {
  if (const std::optional<int64_t> ppm = parse_percent(text)) {
    spec.tolerance_ppm = *ppm;
    return true;
  }
  const bool digits = text.find_first_not_of("0123456789") == text.npos;
  if (!digits && !is_time(spec.level)) return false;
  const std::optional<Nanos> value = parse_time(text);
  if (value) spec.tolerance = value->ns;
  return value.has_value();
}

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kHardMisses: return "hard_misses";
    case Level::kHardTardiness: return "hard_tardiness";
    case Level::kFirmMisses: return "firm_misses";
    case Level::kChainLatency: return "chain_latency";
    case Level::kControlJitter: return "control_jitter";
    case Level::kSoftTardiness: return "soft_tardiness";
    case Level::kMakespan: return "makespan";
    case Level::kActiveLanes: return "active_lanes";
    case Level::kBusy: return "busy";
  }
  return "";
}

int64_t LevelSpec::allowed(int64_t value) const {
  const Int128 part = Int128{value} * tolerance_ppm / 1'000'000;
  const Int128 sum = Int128{value} + std::max<Int128>(part, tolerance);
  return static_cast<int64_t>(std::min<Int128>(sum, INT64_MAX));
}

Objective default_objective(const Instance& instance) {
  bool hard = false, firm = false, soft = false, jitter = false, chains = false;
  for (const Job& job : instance.jobs) {
    if (job.deadline == Nanos::max()) continue;
    const Criticality criticality = instance.tasks[job.task.value()].criticality;
    hard |= criticality == Criticality::kHard;
    firm |= criticality == Criticality::kFirm;
    soft |= criticality == Criticality::kSoft;
  }
  for (const InstanceTask& task : instance.tasks) jitter |= task.jitter_max != Nanos::max();
  for (const InstanceChain& chain : instance.chains) chains |= !chain.runs.empty();
  Objective objective;
  const auto add = [&](bool wanted, Level level) {
    if (wanted) objective.push_back({level, 0, 0});
  };
  add(hard, Level::kHardMisses);
  add(hard, Level::kHardTardiness);
  add(firm, Level::kFirmMisses);
  add(chains, Level::kChainLatency);
  add(jitter, Level::kControlJitter);
  add(soft, Level::kSoftTardiness);
  add(true, Level::kMakespan);
  return objective;
}

Result<Objective> parse_objective(std::string_view text) {
  Objective objective;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const size_t colon = item.find(':');
    const std::string_view name = item.substr(0, colon);
    const auto level = std::find_if(std::begin(kLevels), std::end(kLevels),
                                    [&](Level known) { return name_of(known) == name; });
    if (level == std::end(kLevels)) {
      std::string known;
      for (const Level each : kLevels) known += ' ' + std::string(name_of(each));
      return bad_input("objective: there is no level '" + std::string(name) + "'; there are:" +
                       known);
    }
    for (const LevelSpec& earlier : objective)
      if (earlier.level == *level)
        return bad_input("objective: level '" + std::string(name) + "' is named twice");
    LevelSpec spec{*level, 0, 0};
    if (colon != item.npos && !parse_tolerance(item.substr(colon + 1), spec))
      return bad_input("objective: the tolerance of '" + std::string(name) + "' must be " +
                       (is_time(*level) ? "a time such as 20us" : "a whole number") +
                       " or a percentage such as 1%, is '" + std::string(item.substr(colon + 1)) +
                       "'");
    objective.push_back(spec);
    if (comma == text.npos) return objective;
    text.remove_prefix(comma + 1);
  }
}

std::string text_of(const Objective& objective) {
  std::string text;
  for (const LevelSpec& spec : objective) {
    if (!text.empty()) text += ',';
    text += name_of(spec.level);
    if (spec.tolerance_ppm > 0) {
      std::string fraction = std::to_string(1'000'000 + spec.tolerance_ppm % 10'000 * 100);
      text += ':' + std::to_string(spec.tolerance_ppm / 10'000) + '.' + fraction.substr(1, 4) + '%';
    } else if (spec.tolerance > 0) {
      text += ':' + (is_time(spec.level) ? format_time(Nanos(spec.tolerance))
                                         : std::to_string(spec.tolerance));
    }
  }
  return text;
}

}  // namespace takt
