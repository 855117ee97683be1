// The control socket over a mission that only notes what it is asked: requests, answers, and that
// a change which fails, hangs or is one too many leaves all as it was.
#include "app/control_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"

namespace takt {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

Workload mission_workload() {
  return *parse_workload(R"(format: takt-workload
version: 1
name: robot
modules:
  - {name: net, path: /m/net.mlir}
tasks:
  - {name: control, module: net, rate: 100, criticality: hard}
  - {name: see, module: net, rate: 10}
modes:
  - {name: all, tasks: [control, see]}
  - {name: blind, tasks: [control]}
)", "/m/w.yaml");
}

class FakeMission final : public MissionControl {
 public:
  CompiledWorkload workload() const override {
    compile::CompiledModule module;
    module.vmfb_path = "/m/net.vmfb";
    return {*active_workload(mission_workload(), "all"), {module}};
  }
  std::vector<TaskFigures> figures() const override {
    TaskFigures control;
    control.name = "control";
    control.jobs = control.done = 7;
    return {control};
  }
  std::optional<LoopReport> loop_report() const override { return std::nullopt; }
  Result<SwitchReport> switch_to(const CompiledWorkload&, const Plan*,
                                 const Instance*) override {
    ++switches;
    return SwitchReport{};
  }
  int switches = 0;
};

class ControlSocketTest : public ::testing::Test {
 protected:
  ControlSocketTest() {
    char name[] = "/tmp/takt_control_XXXXXX";
    dir_ = ::mkdtemp(name);
  }
  ~ControlSocketTest() override {
    socket_.reset();
    std::filesystem::remove_all(dir_);
  }

  // `script` is the shell's, with the path of the workload file as $1.
  void listen(const std::string& script) {
    HotSwapOptions options;
    options.prepare_command = {"sh", "-c", script, "sh"};
    options.module_dir = dir_ + "/modules";
    options.db = dir_ + "/none.sqlite";
    hot_swap_.emplace(mission_, mission_workload(), options);
    auto socket = ControlSocket::create(dir_ + "/s.sock", mission_, *hot_swap_);
    ASSERT_TRUE(socket.ok()) << socket.error().message;
    socket_ = std::move(*socket);
  }

  Json ask(const std::string& line) const {
    const auto answer = ask_line(dir_ + "/s.sock", line, seconds(120));
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return answer.ok() ? Json::parse(*answer) : Json();
  }
  static std::string request(const std::string& fields) {
    return R"({"format": "takt-control", "version": 1, )" + fields + "}";
  }
  Json list() const { return ask(request(R"("do": "list")")); }
  Json slower() const { return ask(request(R"("do": "rate", "task": "see", "rate": 5)")); }

  std::string dir_;
  FakeMission mission_;
  std::optional<HotSwap> hot_swap_;
  std::unique_ptr<ControlSocket> socket_;
};

TEST_F(ControlSocketTest, ListTellsWhatRuns) {
  listen("true");
  const Json json = list();
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["workload"], "robot");
  EXPECT_EQ(json["mode"], "all");
  ASSERT_EQ(json["tasks"].size(), 2u);
  EXPECT_EQ(json["tasks"][0]["name"], "control");
  EXPECT_EQ(json["tasks"][0]["period"], "10ms");
  EXPECT_EQ(json["figures"][0]["jobs"], 7);
  EXPECT_TRUE(json["changing"].is_null());
}

TEST_F(ControlSocketTest, WhatIsNoRequestIsAnsweredByAnError) {
  listen("true");
  for (const std::string& line : {std::string("hello"), std::string("{}"), std::string(),
                                  std::string(ControlRequest::kMaxBytes, 'x'),
                                  std::string("\xff\xfe\x00\x01", 4),
                                  request(R"("do": "reboot")")}) {
    const Json json = ask(line);
    EXPECT_EQ(json["ok"], false);
    EXPECT_EQ(json["code"], 2);
    EXPECT_THAT(json["error"].get<std::string>(), HasSubstr("request"));
  }
}

TEST_F(ControlSocketTest, ARefusedChangeSaysWhyAndChangesNothing) {
  listen("test -r \"$1\" || exit 3; echo 'takt profile: net.mlir:3:1: no such operation'; exit 2");
  const Json json = slower();
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["error"], "cannot be prepared: net.mlir:3:1: no such operation");
  EXPECT_EQ(json["code"], 2);
  EXPECT_EQ(mission_.switches, 0);
  EXPECT_EQ(list()["tasks"][1]["period"], "100ms");
  EXPECT_THAT(list()["last_change"].get<std::string>(), HasSubstr("refused: cannot be prepared"));
  EXPECT_TRUE(std::filesystem::is_empty(dir_ + "/modules")) << "the request's file was left";

  EXPECT_THAT(ask(request(R"("do": "remove", "task": "cook")"))["error"].get<std::string>(),
              HasSubstr("no task 'cook'; it has: control see"));
  EXPECT_THAT(ask(request(R"("do": "mode", "mode": "fly")"))["error"].get<std::string>(),
              HasSubstr("no mode 'fly'; it has: all blind"));
}

TEST_F(ControlSocketTest, ACrashWhilePreparingIsARefusal) {
  listen("kill -SEGV $$");
  EXPECT_EQ(slower()["ok"], false);
  EXPECT_EQ(mission_.switches, 0);
}

TEST_F(ControlSocketTest, ModulesThatRunAreNotCompiledAgain) {
  listen("grep -o '/m/net[.a-z]*' \"$1\"; exit 1");
  EXPECT_EQ(slower()["error"], "cannot be prepared: /m/net.vmfb");
}

TEST_F(ControlSocketTest, OneChangeAtATimeAndTheEndOfTheMissionEndsIt) {
  listen("sleep 1000");
  Json first;
  std::thread asker([&] { first = slower(); });
  Json seen;
  do seen = list();
  while (seen["changing"].is_null());
  EXPECT_EQ(seen["changing"], "period of see: 200ms");
  EXPECT_THAT(slower()["error"].get<std::string>(), HasSubstr("busy with 'period of see: 200ms'"));
  socket_.reset();
  asker.join();
  EXPECT_EQ(first["ok"], false);
  EXPECT_THAT(first["error"].get<std::string>(), HasSubstr("was ended"));
  EXPECT_EQ(mission_.switches, 0);
}

}  // namespace
}  // namespace takt
