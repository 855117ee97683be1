#include "app/build_info.h"

#include <array>
#include <cstdio>

namespace takt {
namespace {

std::string first_line_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return {};
  std::array<char, 256> line{};
  const bool read = std::fgets(line.data(), line.size(), pipe) != nullptr;
  pclose(pipe);
  std::string text = read ? line.data() : "";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

std::string build_commit() {
  const std::string git = "git -C '" TAKT_SOURCE_DIR "' ";
  const std::string commit = first_line_of(git + "rev-parse --short HEAD 2>/dev/null");
  if (commit.empty()) return {};
  const bool dirty = !first_line_of(git + "status --porcelain -uno 2>/dev/null").empty();
  return commit + (dirty ? "+" : "");
}

}  // namespace takt
