#include "bench/shop_set.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <sstream>

#include "app/build_info.h"
#include "base/file.h"

namespace takt::bench {
namespace {

namespace fs = std::filesystem;
using Known = std::map<std::string, BestKnown>;   // by "set/name"

bool selects(const std::vector<std::string>& wanted, const std::string& name) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

bool parse_integer(const std::string& text, int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// set,instance,jobs,machines,lb,ub,...
Status read_published(const std::string& path, Known& known) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (number == 1 || line.empty()) continue;
    std::istringstream row(line);
    std::vector<std::string> cells;
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    BestKnown best;
    if (cells.size() < 6 || !parse_integer(cells[4], best.lower) ||
        !parse_integer(cells[5], best.upper))
      return bad_input(path + ':' + std::to_string(number) +
                       ": must be set,instance,jobs,machines,lb,ub with whole numbers");
    known[cells[0] + '/' + cells[1]] = best;
  }
  return {};
}

Status read_recorded(const std::string& path, Known& known) {
  if (!fs::exists(path)) return {};
  TAKT_ASSIGN(const std::string text, read_file(path));
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("instances"))
    return bad_input(path + ": is no recorded reference; record it again");
  for (const auto& [name, best] : json["instances"].items())
    if (!known.contains(name))
      known[name] = {best.value("bound", int64_t{0}), best.value("value", int64_t{0}), false};
  return {};
}

Result<std::vector<fs::path>> entries(const fs::path& dir, bool folders) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error))
    if (it->is_directory(error) == folders) found.push_back(it->path());
  if (error) return bad_input(dir.string() + ": " + error.message());
  std::sort(found.begin(), found.end());
  return found;
}

bool is_shop(const fs::path& path) {
  return path.extension() == ".fjs" || path.extension() == ".jsp" || path.extension() == ".txt";
}

}  // namespace

std::string reference_path() { return source_dir() + "/bench/baselines/dag_reference.json"; }

Result<std::vector<Shop>> read_shops(const std::string& dir, const std::vector<std::string>& sets,
                                     const std::vector<std::string>& names) {
  if (dir.empty()) return bad_input("--dir: say where the published instances are");
  TAKT_ASSIGN(const std::vector<fs::path> folders, entries(dir, true));
  Known known;
  if (const std::string path = dir + "/best_known.csv"; fs::exists(path))
    TAKT_TRY(read_published(path, known));
  TAKT_TRY(read_recorded(reference_path(), known));
  std::vector<Shop> shops;
  for (const fs::path& folder : folders) {
    if (!selects(sets, folder.filename().string())) continue;
    TAKT_ASSIGN(const std::vector<fs::path> files, entries(folder, false));
    for (const fs::path& file : files) {
      if (!is_shop(file) || !selects(names, file.stem().string())) continue;
      Shop shop{folder.filename().string(), file.stem().string(), file.string(), {}};
      const auto best = known.find(shop.set + '/' + shop.name);
      if (best != known.end()) shop.best = best->second;
      shops.push_back(std::move(shop));
    }
  }
  if (shops.empty())
    return bad_input(dir + ": has no instance of this --set and --instance (folders are sets, "
                     "files .fjs, .jsp or .txt)");
  return shops;
}

}  // namespace takt::bench
