#include "cost/host.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "base/content_hash.h"
#include "base/file.h"

namespace takt {
namespace {

constexpr std::array<std::string_view, 14> kCoreKeys = {
    "vendor_id", "cpu family", "model", "model name", "stepping",                      // x86
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision",  // Arm
    "mvendorid", "marchid", "mimpid", "uarch"};                                        // RISC-V

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank(" \t\r\n\0", 5);   // the device tree ends text with NUL
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

struct CoreKinds {
  std::set<std::string> kinds;     // one line of "key=value;" per distinct kind of core
  std::string name;                // first model name
};

CoreKinds read_core_kinds(std::string_view cpuinfo) {
  CoreKinds result;
  std::vector<std::string> block;
  const auto end_block = [&] {
    std::sort(block.begin(), block.end());
    std::string kind;
    for (const std::string& line : block) kind += line + ";";
    if (!kind.empty()) result.kinds.insert(kind);
    block.clear();
  };
  while (!cpuinfo.empty()) {
    const size_t newline = cpuinfo.find('\n');
    const std::string_view line = cpuinfo.substr(0, newline);
    cpuinfo.remove_prefix(newline == std::string_view::npos ? cpuinfo.size() : newline + 1);
    if (trim(line).empty()) end_block();
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = trim(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (std::find(kCoreKeys.begin(), kCoreKeys.end(), key) == kCoreKeys.end()) continue;
    block.push_back(std::string(key) + "=" + std::string(value));
    if (result.name.empty() && (key == "model name" || key == "uarch")) result.name = value;
  }
  end_block();
  return result;
}

std::string text_of(const std::string& path) {
  const Result<std::string> text = read_file(path);
  return text.ok() ? *text : "";
}

}  // namespace

Host identify_host(std::string_view arch, int cpus, std::string_view cpuinfo,
                   std::string_view board) {
  board = trim(board);
  const CoreKinds cores = read_core_kinds(cpuinfo);
  std::string identity = std::string(arch) + "\n" + std::to_string(cpus) + "\n";
  for (const std::string& kind : cores.kinds) identity += kind + "\n";
  identity += board;
  Host host;
  host.fingerprint = std::string(arch) + "-" + std::to_string(cpus) + "cpu-" +
                     content_hash(identity).substr(0, 16);
  const std::string_view name = !board.empty()        ? board
                                : !cores.name.empty() ? std::string_view(cores.name)
                                                      : arch;
  host.description = std::string(name) + ", " + std::to_string(cpus) +
                     (cpus == 1 ? " CPU" : " CPUs");
  return host;
}

Host this_host() {
  utsname system{};
  ::uname(&system);
  return identify_host(system.machine, static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF)),
                       text_of("/proc/cpuinfo"), text_of("/proc/device-tree/model"));
}

std::string host_fingerprint() { return this_host().fingerprint; }

}  // namespace takt
