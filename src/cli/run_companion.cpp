#include "cli/run_companion.h"

#include <cstdio>
#include <filesystem>
#include <optional>

#include "app/control_socket.h"
#include "cli/live_lines.h"

namespace takt {
namespace {

// In this order: what is below uses what is above.
struct Beside {
  std::optional<HotSwap> hot_swap;
  std::unique_ptr<ControlSocket> socket;
  std::optional<LiveLines> lines;
};

Result<std::unique_ptr<ControlSocket>> listen(const CompanionOptions& options,
                                              MissionControl& mission, HotSwap& hot_swap) {
  if (!options.control.empty()) return ControlSocket::create(options.control, mission, hot_swap);
  TAKT_ASSIGN(const std::string path, default_control_path(options.workload.name));
  return ControlSocket::create(path, mission, hot_swap);
}

}  // namespace

Companion make_companion(const CompanionOptions& options) {
  return [options](Mission& mission) -> Result<std::shared_ptr<void>> {
    MissionControl* const control = mission.control();
    auto beside = std::make_shared<Beside>();
    if (!control) return std::shared_ptr<void>(beside);
    beside->hot_swap.emplace(*control, options.workload, options.hot_swap);
    if (options.listens) {
      auto socket = listen(options, *control, *beside->hot_swap);
      if (socket) beside->socket = std::move(*socket);
      else if (!options.control.empty()) return socket.error();
      else std::fprintf(stderr, "takt run: no control socket: %s\n",
                        socket.error().message.c_str());
    }
    if (options.shows) beside->lines.emplace(*control, *beside->hot_swap);
    return std::shared_ptr<void>(beside);
  };
}

std::vector<std::string> profile_command(const std::string& db, const std::string& modules,
                                         const std::string& soc, bool oversubscribe) {
  std::error_code ignored;
  std::vector<std::string> words{std::filesystem::read_symlink("/proc/self/exe", ignored).string(),
                                 "profile", "--db", db, "--modules", modules};
  if (!soc.empty()) words.insert(words.end(), {"--soc", soc});
  if (oversubscribe) words.push_back("--oversubscribe");
  return words;
}

}  // namespace takt
