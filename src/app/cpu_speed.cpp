#include "app/cpu_speed.h"

#include <algorithm>
#include <cstdio>

namespace takt {
namespace {

// 0: cannot be read.
int64_t read_khz(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "r");
  if (!file) return 0;
  long long khz = 0;
  const bool read = std::fscanf(file, "%lld", &khz) == 1;
  std::fclose(file);
  return read ? std::max(khz, 0ll) : 0;
}

}  // namespace

std::optional<uint32_t> allowed_speed_pct(std::span<const int> cpus, const std::string& root) {
  if (cpus.empty()) return std::nullopt;
  int64_t least = 100;
  for (const int cpu : cpus) {
    const std::string of_cpu = root + "/cpu" + std::to_string(cpu) + "/cpufreq/";
    const int64_t allowed = read_khz(of_cpu + "scaling_max_freq");
    const int64_t highest = read_khz(of_cpu + "cpuinfo_max_freq");
    if (cpu < 0 || allowed <= 0 || highest <= 0) return std::nullopt;
    least = std::min(least, std::clamp<int64_t>(allowed * 100 / highest, 1, 100));
  }
  return static_cast<uint32_t>(least);
}

}  // namespace takt
