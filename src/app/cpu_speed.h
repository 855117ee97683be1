// How fast cores may run now, as the kernel's cpufreq says: the highest frequency that is allowed
// (which thermal throttling lowers) of the highest there is. Not the present frequency, which is
// low on an idle core too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace takt {

// Of the slowest of them, 1 to 100; nullopt: the host does not say (virtual machines), or a cpu is
// -1. `root` is /sys/devices/system/cpu, or a copy of it in tests.
std::optional<uint32_t> allowed_speed_pct(
    std::span<const int> cpus, const std::string& root = "/sys/devices/system/cpu");

}  // namespace takt
