#include "model/json_writer.h"

#include <nlohmann/json.hpp>

namespace takt {
namespace {

using Json = nlohmann::ordered_json;
constexpr size_t kLineMax = 240;

std::string compact(const Json& value) {
  // Text that is not UTF-8 gets replacement characters: a written file can always be read.
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append(const Json& value, int indent, std::string& out) {
  std::string line = compact(value);
  if (!value.is_structured() || (indent > 0 && line.size() <= kLineMax)) {
    out += line;
    return;
  }
  const std::string margin(2 * static_cast<size_t>(indent + 1), ' ');
  out += value.is_object() ? "{" : "[";
  const char* separator = "\n";
  for (auto item = value.begin(); item != value.end(); ++item) {
    out += separator + margin;
    if (value.is_object()) out += compact(item.key()) + ": ";
    append(*item, indent + 1, out);
    separator = ",\n";
  }
  out += '\n' + margin.substr(2) + (value.is_object() ? '}' : ']');
}

}  // namespace

std::string write_json(const Json& value) {
  std::string text;
  append(value, 0, text);
  text += '\n';
  return text;
}

}  // namespace takt
