// What every suite shares: interleaved timing, order statistics, and the record of the
// machine and commit that a figure belongs to.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"

namespace takt::bench {

// One thing to be timed against others. `run` does the work once.
struct Contender {
  std::string name;
  std::function<Status()> run;
  std::vector<Nanos> samples;   // filled by interleave()
};

// Runs every contender `calls` times in turn, `rounds` times over, starting each round
// with another one, so that a drift of the machine's speed meets all alike. The first
// `warmup` calls of each block are not counted: they pay for the other contenders'
// footprints in the caches.
Status interleave(std::vector<Contender>& contenders, int rounds, int calls, int warmup);

// Nearest-rank quantile, q in [0, 1]. REQUIRES: samples not empty
Nanos quantile(std::vector<Nanos> samples, double q);
inline Nanos median(const std::vector<Nanos>& samples) { return quantile(samples, 0.5); }

double geometric_mean(const std::vector<double>& values);

// {"cpu", "cpus", "commit", "version", "load"}: goes into every report.
nlohmann::json machine();

}  // namespace takt::bench
