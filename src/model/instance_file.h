// The text of an Instance: takt-instance JSON (docs/formats.md), for problems that come from
// elsewhere than a workload, and to keep one that was solved.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/instance.h"

namespace takt {

// What they return has passed check_instance. kUsage: what is wrong, where `path` has it.
Result<Instance> read_instance(const std::string& path);
Result<Instance> parse_instance(std::string_view text, const std::string& path);
// What parse_instance reads again as an equal instance, if check_instance accepts it.
std::string write_instance(const Instance& instance);

// A takt-instance if the path ends in .json, else a published instance (shop_files.h).
Result<Instance> read_any_instance(const std::string& path);

}  // namespace takt
