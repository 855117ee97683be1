#include "bench/measure.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "app/build_info.h"
#include "base/clock.h"
#include "cost/host.h"

namespace takt::bench {

Status interleave(std::vector<Contender>& contenders, int rounds, int calls, int warmup) {
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < contenders.size(); ++i) {
      Contender& contender = contenders[(i + static_cast<size_t>(round)) % contenders.size()];
      for (int call = -warmup; call < calls; ++call) {
        const Nanos begin = monotonic_now();
        TAKT_TRY(contender.run());
        if (call >= 0) contender.samples.push_back(monotonic_now() - begin);
      }
    }
  }
  return {};
}

Nanos quantile(std::vector<Nanos> samples, double q) {
  CHECK(!samples.empty());
  const auto last = static_cast<double>(samples.size() - 1);
  const auto rank = static_cast<long>(std::ceil(q * last));
  std::nth_element(samples.begin(), samples.begin() + rank, samples.end());
  return samples[static_cast<size_t>(rank)];
}

double geometric_mean(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += std::log(value);
  return values.empty() ? 0 : std::exp(sum / static_cast<double>(values.size()));
}

nlohmann::json machine() {
  const Host host = this_host();
  double load[1] = {0};
  if (getloadavg(load, 1) != 1) load[0] = -1;
  return {{"host", host.description},
          {"fingerprint", host.fingerprint},
          {"cpus", sysconf(_SC_NPROCESSORS_ONLN)},
          {"load_1min", load[0]},
          {"version", kTaktVersion},
          {"commit", build_commit()}};
}

}  // namespace takt::bench
