#include "sim/disturbance.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/time_text.h"

namespace takt {
namespace {

struct Kind {
  const char* name;
  const char* usage;
  void (*add)(DisturbanceText&, const SimInput&, Nanos end, Rng&, Disturbances&);
};

constexpr Kind kKinds[] = {
    {"stall", "lane=L,every=T,for=T: loses its cpu now and then (mean times)", add_stalls},
    {"cotenant", "lane=L,share=PCT[,slice=T]: another program takes a share of the lane",
     add_cotenant},
    {"thermal", "cluster=C,pct=P[,at=T][,for=T]: runs at P % of its speed", add_thermal},
    {"lane-loss", "lane=L[,at=T][,for=T]: the lane is gone, for good without `for`",
     add_lane_loss},
    {"npu-fault", "lane=L,every=T,for=T, or at=T[,for=T]: drops its work, out until reset",
     add_accelerator_faults},
    {"npu-hang", "lane=L,every=T or at=T: what it runs never ends", add_accelerator_hangs},
    {"mode", "task=N,every=T: the mission goes on without the task, then with it, ...",
     add_mode_changes},
    {"late-input", "task=N,max=T[,chance=PCT]: data comes up to T after the release",
     add_late_inputs},
};

}  // namespace

Result<DisturbanceText> DisturbanceText::parse(std::string_view text) {
  DisturbanceText parsed;
  parsed.text_ = text;
  const size_t colon = text.find(':');
  parsed.kind_ = text.substr(0, colon);
  std::string_view rest = colon == text.npos ? "" : text.substr(colon + 1);
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::string_view pair = rest.substr(0, comma);
    const size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0 || equals + 1 == pair.size())
      return bad_input("'" + parsed.text_ + "': '" + std::string(pair) + "' is not key=value");
    if (!parsed.values_.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
      return bad_input("'" + parsed.text_ + "': gives '" + std::string(pair.substr(0, equals)) +
                       "' twice");
    rest = comma == rest.npos ? "" : rest.substr(comma + 1);
  }
  return parsed;
}

void DisturbanceText::wrong(const std::string& what) {
  if (error_.empty()) error_ = "'" + text_ + "': " + what;
}

const std::string* DisturbanceText::find(const std::string& key) {
  used_[key] = true;
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

Nanos DisturbanceText::time(const std::string& key, Nanos otherwise) {
  const std::string* text = find(key);
  if (!text) return otherwise;
  const std::optional<Nanos> time = parse_time(*text);
  if (!time) wrong(key + " must be a time such as 5ms");
  return time.value_or(otherwise);
}

Nanos DisturbanceText::needed_time(const std::string& key) {
  const Nanos time = this->time(key, Nanos(0));
  if (time > Nanos(0)) return time;
  wrong("needs " + key + "=TIME above 0, such as " + key + "=5ms");
  return Nanos(1);
}

uint32_t DisturbanceText::percent(const std::string& key, uint32_t otherwise, uint32_t most) {
  const std::string* text = find(key);
  if (!text) return otherwise;
  uint32_t value = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (code != std::errc() || end != text->data() + text->size() || value < 1 || value > most)
    wrong(key + " must be a whole number from 1 to " + std::to_string(most));
  return std::clamp(value, 1u, most);
}

uint32_t DisturbanceText::lane(const SimInput& input, bool accelerator) {
  const std::string* name = find("lane");
  std::string known;
  for (uint32_t lane = 0; lane < input.lane_names.size(); ++lane) {
    const SimPool& pool = input.pools[input.pool_of[lane]];
    if (accelerator ? pool.cores : pool.accelerator) continue;
    if (name ? *name == input.lane_names[lane] : accelerator) return lane;
    known += (known.empty() ? "" : ", ") + input.lane_names[lane];
  }
  wrong(std::string("needs lane=NAME of ") + (accelerator ? "an accelerator" : "a core") + ": " +
        (known.empty() ? "there is none" : known));
  return 0;
}

uint32_t DisturbanceText::cluster(const SimInput& input) {
  const std::string* name = find("cluster");
  std::string known;
  for (uint32_t p = 0; p < input.pools.size(); ++p) {
    if (input.pools[p].accelerator) continue;
    if (name && *name == input.pools[p].name) return p;
    known += (known.empty() ? "" : ", ") + input.pools[p].name;
  }
  wrong("needs cluster=NAME, one of: " + known);
  return 0;
}

uint32_t DisturbanceText::task(const SimInput& input) {
  const std::string* name = find("task");
  std::string known;
  for (uint32_t t = 0; t < input.tasks.size(); ++t) {
    if (name && *name == input.tasks[t].name) return t;
    known += (known.empty() ? "" : ", ") + input.tasks[t].name;
  }
  wrong("needs task=NAME, one of: " + known);
  return 0;
}

Status DisturbanceText::check() const {
  if (!error_.empty()) return bad_input(error_);
  for (const auto& [key, value] : values_)
    if (!used_.contains(key)) {
      std::string known;
      for (const auto& [name, used] : used_) known += (known.empty() ? "" : ", ") + name;
      return bad_input("'" + text_ + "': does not know '" + key + "'; it knows " + known);
    }
  return {};
}

Nanos random_interval(Rng& rng, Nanos mean) {
  const double drawn = -std::log(1.0 - rng.unit()) * static_cast<double>(mean.ns);
  return Nanos(std::max<int64_t>(1, static_cast<int64_t>(std::min(drawn, 4e18))));
}

Result<Disturbances> draw_disturbances(const std::vector<std::string>& texts,
                                       const SimInput& input, Nanos end, uint64_t seed) {
  Disturbances drawn;
  Rng seeds(seed);
  for (const std::string& text : texts) {
    Rng rng(seeds.next());
    TAKT_ASSIGN(DisturbanceText parsed, DisturbanceText::parse(text));
    const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const Kind& k) { return parsed.kind() == k.name; });
    if (kind == std::end(kKinds))
      return bad_input("there is no disturbance '" + parsed.kind() + "'; there are\n" +
                       disturbance_usage());
    kind->add(parsed, input, end, rng, drawn);
    TAKT_TRY(parsed.check());
  }
  std::stable_sort(drawn.timeline.begin(), drawn.timeline.end(),
                   [](const Disturbance& a, const Disturbance& b) { return a.at < b.at; });
  return drawn;
}

std::string disturbance_usage() {
  std::string text;
  for (const Kind& kind : kKinds)
    text += "  " + std::string(kind.name) + ":" + kind.usage + "\n";
  return text;
}

}  // namespace takt
