// JSON text that people can read and diff: a value that fits in a line is on one line,
// so that lists of operations become tables. Ends with a newline.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace takt {

std::string write_json(const nlohmann::ordered_json& value);

}  // namespace takt
