#include "app/control_socket.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/report.h"
#include "base/clock.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

// Below lanes without real-time priority, which have nice 0: a tenth of their weight.
constexpr int kNice = 10;

void become_background_thread() {
  const sched_param none = {};
  sched_setscheduler(0, SCHED_OTHER, &none);
  setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kNice);
  pthread_setname_np(pthread_self(), "takt.change");
}

std::string line_of(const Json& json) {
  // Paths and compiler messages may hold any bytes.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json refusal(const Error& error) {
  return {{"ok", false}, {"error", error.message}, {"code", error.exit_code()}};
}

Json answer_of(const ControlRequest& request, const SwapOutcome& outcome) {
  return {{"ok", true},
          {"done", text_of(request)},
          {"at_ns", outcome.switched.at.ns},
          {"kept", outcome.switched.kept},
          {"started", outcome.switched.started},
          {"stopped", outcome.switched.stopped},
          {"prepare_ms", outcome.prepared.ms()},
          {"plan_ms", outcome.planned.ms()}};
}

Json task_json(const Workload& workload, const Task& task) {
  const WorkloadModule& module = workload.modules[task.module.value()];
  const auto [key, value] = period_text(task.period);
  return {{"name", task.name},
          {"module", module.path},
          {"function", module.function},
          {key, value},
          {"deadline_ns", task.deadline.ns},
          {"criticality", name_of(task.criticality)}};
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::create(const std::string& path,
                                                             MissionControl& mission,
                                                             HotSwap& hot_swap) {
  std::unique_ptr<ControlSocket> socket(new ControlSocket(mission, hot_swap));
  LineServerOptions options;
  options.line_bytes_max = ControlRequest::kMaxBytes;
  ControlSocket& self = *socket;
  const auto attend = [&self](LineServer& server, LineServer::Client client,
                              const std::string& line) { self.attend(server, client, line); };
  TAKT_ASSIGN(socket->server_, LineServer::create(path, attend, options));
  self.changer_ = std::thread([&self] { self.carry_out_changes(); });
  return socket;
}

ControlSocket::~ControlSocket() {
  if (!changer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  hot_swap_.stop();
  changed_.notify_all();
  changer_.join();
  server_.reset();
}

void ControlSocket::attend(LineServer& server, LineServer::Client client,
                           const std::string& line) {
  const std::unique_lock lock(mutex_);
  const Result<ControlRequest> request = parse_control_request(line);
  if (!request) return server.reply(client, line_of(refusal(request.error())));
  if (request->kind == ControlRequest::Kind::kList)
    return server.reply(client, line_of(list()));
  if (change_ || ending_) {
    const std::string why =
        ending_ ? "the mission ends"
                : "busy with '" + text_of(change_->request) + "' for " +
                      duration_text(monotonic_now() - change_->since) + "; ask again later";
    return server.reply(client, line_of(refusal(failed(why))));
  }
  change_ = Change{client, *request, monotonic_now()};
  changed_.notify_all();
}

Json ControlSocket::list() {
  const Workload workload = hot_swap_.workload();
  Json json{{"ok", true}, {"workload", workload.name}, {"pid", ::getpid()}};
  json["mode"] = hot_swap_.mode().empty() ? Json() : Json(hot_swap_.mode());
  json["tasks"] = Json::array();
  for (const Task& task : workload.tasks) json["tasks"].push_back(task_json(workload, task));
  json["figures"] = tasks_json(mission_.figures());
  json["changing"] = change_ ? Json(text_of(change_->request)) : Json();
  json["last_change"] = last_change_.empty() ? Json() : Json(last_change_);
  return json;
}

void ControlSocket::carry_out_changes() {
  become_background_thread();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return change_ || ending_; });
    if (!change_) return;
    const Change change = *change_;
    lock.unlock();
    const Result<SwapOutcome> outcome = hot_swap_.apply(change.request);
    const Json answer = outcome ? answer_of(change.request, *outcome) : refusal(outcome.error());
    lock.lock();
    last_change_ = text_of(change.request) +
                   (outcome ? ": done" : ": refused: " + outcome.error().message);
    change_.reset();
    server_->reply(change.client, line_of(answer));
  }
}

}  // namespace takt
