#include "app/build_info.h"

#include "base/subprocess.h"

namespace takt {
namespace {

// What `git` with these words says, without the last newline; empty when it fails.
std::string git(std::vector<std::string> words) {
  words.insert(words.begin(), {"git", "-C", TAKT_SOURCE_DIR});
  const Result<SubprocessResult> result = run_program(words);
  if (!result || result->status != 0) return {};
  std::string text = result->output;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

std::string source_dir() { return TAKT_SOURCE_DIR; }

std::string build_commit() {
  const std::string commit = git({"rev-parse", "--short", "HEAD"});
  if (commit.empty()) return {};
  return commit + (git({"status", "--porcelain", "-uno"}).empty() ? "" : "+");
}

}  // namespace takt
