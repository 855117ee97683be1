// ControlSocket: the control socket of a running mission (docs/control.md): one line of JSON per
// request and answer. `list` is answered at once; changes are carried out one at a time by a
// thread of their own, and one that comes meanwhile is refused.
//
// Nothing here runs on a lane or takes a lock that one takes for more than a moment.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "app/hot_swap.h"
#include "app/mission_control.h"
#include "base/line_server.h"
#include "base/result.h"

namespace takt {

class ControlSocket {
 public:
  // Listens at `path`; `mission` and `hot_swap` outlive it. Errors as LineServer::create().
  static Result<std::unique_ptr<ControlSocket>> create(const std::string& path,
                                                       MissionControl& mission, HotSwap& hot_swap);
  // Ends a change in preparation; one that the mission is taking over is waited for.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  const std::string& path() const { return server_->path(); }

 private:
  struct Change {
    LineServer::Client client = 0;
    ControlRequest request;
    Nanos since;
  };

  ControlSocket(MissionControl& mission, HotSwap& hot_swap)
      : mission_(mission), hot_swap_(hot_swap) {}
  void attend(LineServer& server, LineServer::Client client, const std::string& line);
  nlohmann::ordered_json list();
  void carry_out_changes();

  MissionControl& mission_;
  HotSwap& hot_swap_;
  std::unique_ptr<LineServer> server_;

  std::mutex mutex_;                 // guards what follows
  std::condition_variable changed_;
  std::optional<Change> change_;     // being carried out, or next
  std::string last_change_;          // what became of the last one
  bool ending_ = false;

  std::thread changer_;
};

// Where the control socket of this process's mission is when nobody says otherwise:
// $XDG_RUNTIME_DIR/takt, or run/ in the cache directory, <workload>.<pid>.sock; the directory is
// made, mode 0700.
Result<std::string> default_control_path(const std::string& workload);

// The default control sockets behind which a mission runs. Those of processes that ended are
// removed.
std::vector<std::string> running_missions();

}  // namespace takt
