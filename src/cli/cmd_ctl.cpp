// takt ctl: looks at a running mission and changes it, through its control socket.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/control_socket.h"
#include "base/time_text.h"
#include "cli/command_line.h"
#include "cli/commands.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

struct CtlArguments {
  std::string socket, task, model, function, rate, mode, file;
  std::string timeout = "600s";
  bool with_chains = false, json = false;
};

Result<std::string> socket_of(const CtlArguments& arguments) {
  if (!arguments.socket.empty()) return arguments.socket;
  const std::vector<std::string> running = running_missions();
  if (running.size() == 1) return running.front();
  if (running.empty())
    return bad_input("no mission runs that could be asked; start one with `takt run`, or name its "
                     "socket with --socket");
  std::string paths;
  for (const std::string& path : running) paths += "\n  --socket " + path;
  return bad_input("several missions run; say which:" + paths);
}

std::string absolute(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).lexically_normal().string();
}

// "50" is a rate in Hz, "20ms" a period.
Result<Period> period_of(const std::string& text) {
  if (const auto rate = parse_rate(text)) return *rate;
  if (const auto period = parse_period(text);
      period && text.find_first_not_of("0123456789.") != text.npos)
    return *period;
  return bad_input("'" + text + "' is neither a rate in Hz such as 50 or 29.97 nor a period such "
                   "as 20ms, from 1us to 3600s");
}

Result<ControlRequest> request_of(const std::string& verb, const CtlArguments& arguments) {
  ControlRequest request;
  if (verb == "list") return request;
  if (verb == "mode") {
    request.kind = ControlRequest::Kind::kMode;
    request.mode = arguments.mode;
    return request;
  }
  request.kind = ControlRequest::Kind::kChange;
  WorkloadChange& change = request.change;
  change.task = arguments.task;
  change.with_chains = arguments.with_chains;
  if (verb == "add") {
    change.kind = WorkloadChange::Kind::kAdd;
    TAKT_ASSIGN(change.added, read_workload(arguments.file));
  } else if (verb == "remove") {
    change.kind = WorkloadChange::Kind::kRemove;
  } else if (verb == "replace") {
    change.kind = WorkloadChange::Kind::kReplace;
    change.module_path = absolute(arguments.model);
    change.function = arguments.function;
  } else {
    change.kind = WorkloadChange::Kind::kRate;
    TAKT_ASSIGN(change.period, period_of(arguments.rate));
  }
  return request;
}

// What answers may be anything: a field that is not as expected is shown as nothing.
std::string text_in(const Json& record, const char* key) {
  const auto field = record.find(key);
  return field != record.end() && field->is_string() ? field->get<std::string>() : "";
}

double number_in(const Json& record, const char* key) {
  const auto field = record.find(key);
  return field != record.end() && field->is_number() ? field->get<double>() : 0;
}

Json list_in(const Json& record, const char* key) {
  const auto field = record.find(key);
  return field != record.end() && field->is_array() ? *field : Json::array();
}

std::string names_in(const Json& record, const char* key) {
  std::string text;
  for (const Json& name : list_in(record, key))
    if (name.is_string()) text += ' ' + name.get<std::string>();
  return text.empty() ? " none" : text;
}

void print_list(const Json& mission) {
  const std::string mode = text_in(mission, "mode");
  std::printf("%s (pid %.0f)%s\n", text_in(mission, "workload").c_str(), number_in(mission, "pid"),
              mode.empty() ? "" : (", mode " + mode).c_str());
  std::printf("  %-16s %-11s %12s %8s %8s %6s %12s  %s\n", "task", "criticality", "period", "jobs",
              "missed", "shed", "p99", "module");
  for (const Json& task : list_in(mission, "tasks")) {
    Json figures;
    for (const Json& known : list_in(mission, "figures"))
      if (text_in(known, "name") == text_in(task, "name")) figures = known;
    const std::string rate = text_in(task, "rate");
    std::printf("  %-16s %-11s %12s %8.0f %8.0f %6.0f %9.0f us  %s\n",
                text_in(task, "name").c_str(), text_in(task, "criticality").c_str(),
                rate.empty() ? text_in(task, "period").c_str() : (rate + " Hz").c_str(),
                number_in(figures, "jobs"), number_in(figures, "missed"),
                number_in(figures, "shed"), number_in(figures, "p99_us"),
                text_in(task, "module").c_str());
  }
  const std::string now = text_in(mission, "changing"), last = text_in(mission, "last_change");
  if (!now.empty()) std::printf("  changing now: %s\n", now.c_str());
  if (!last.empty()) std::printf("  last change: %s\n", last.c_str());
}

void print_change(const Json& answer) {
  std::printf("%s: done, from %.3f s of the run on (prepared in %.0f ms, planned in %.0f ms)\n",
              text_in(answer, "done").c_str(), number_in(answer, "at_ns") / 1e9,
              number_in(answer, "prepare_ms"), number_in(answer, "plan_ms"));
  std::printf("  started:%s\n  stopped:%s\n  went on:%s\n", names_in(answer, "started").c_str(),
              names_in(answer, "stopped").c_str(), names_in(answer, "kept").c_str());
}

Result<Json> ask(const std::string& verb, const CtlArguments& arguments) {
  const std::optional<Nanos> patience = parse_time(arguments.timeout);
  if (!patience || *patience <= Nanos(0))
    return bad_input("--timeout " + arguments.timeout + ": not a time; write 30s");
  TAKT_ASSIGN(const ControlRequest request, request_of(verb, arguments));
  std::string line = write_control_request(request);
  line.pop_back();
  if (line.size() > ControlRequest::kMaxBytes)
    return bad_input("the request is longer than " + std::to_string(ControlRequest::kMaxBytes) +
                     " bytes; add fewer tasks at once");
  TAKT_ASSIGN(const std::string path, socket_of(arguments));
  TAKT_ASSIGN(const std::string answer, ask_line(path, line, *patience));
  Json json = Json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("ok") || !json["ok"].is_boolean())
    return failed(path + ": what answers there is no mission");
  return json;
}

int ctl(const std::string& verb, const CtlArguments& arguments) {
  const Result<Json> answer = ask(verb, arguments);
  if (!answer) return report_error("ctl", answer.error());
  const bool ok = answer->at("ok").get<bool>();
  if (arguments.json) std::printf("%s\n", answer->dump(2).c_str());
  else if (!ok) std::fprintf(stderr, "takt ctl: refused: %s\n", text_in(*answer, "error").c_str());
  else if (verb == "list") print_list(*answer);
  else print_change(*answer);
  if (ok) return 0;
  return number_in(*answer, "code") == 2 ? 2 : 1;
}

}  // namespace

int cmd_ctl(int argc, char** argv) {
  CLI::App app{"Look at a running mission (`takt run`) and change it", "takt ctl"};
  CtlArguments arguments;
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--socket", arguments.socket,
                 "the mission's control socket (default: that of the one mission that runs)");
  app.add_option("--timeout", arguments.timeout, "wait at most so long for the answer")
      ->capture_default_str();
  app.add_flag("--json", arguments.json, "print the answer as it came");
  app.add_subcommand("list", "its tasks, what became of their jobs, the last change");
  CLI::App* add = app.add_subcommand("add", "the tasks of another workload file");
  add->add_option("workload", arguments.file, "workload.yaml")->required();
  CLI::App* remove = app.add_subcommand("remove", "a task");
  remove->add_option("task", arguments.task)->required();
  remove->add_flag("--with-chains", arguments.with_chains, "the chains it is part of as well");
  CLI::App* replace = app.add_subcommand("replace", "the model of a task, all else as before");
  replace->add_option("task", arguments.task)->required();
  replace->add_option("model", arguments.model, ".mlir or .vmfb")->required();
  replace->add_option("--function", arguments.function, "of that model (default: as before)");
  CLI::App* rate = app.add_subcommand("rate", "of a task");
  rate->add_option("task", arguments.task)->required();
  rate->add_option("rate", arguments.rate, "in Hz, or a period such as 20ms")->required();
  CLI::App* mode = app.add_subcommand("mode", "of the mission");
  mode->add_option("mode", arguments.mode)->required();
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  return ctl(app.get_subcommands().front()->get_name(), arguments);
}

}  // namespace takt
