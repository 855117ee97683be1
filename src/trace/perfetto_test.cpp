#include "trace/perfetto.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/rng.h"
#include "trace/trace_case.h"

namespace takt {
namespace {

using nlohmann::json;

json exported(const PerfettoInput& input) {
  std::string text;
  perfetto_json(input, [&](std::string_view piece) { text += piece; });
  return json::parse(text);
}

std::vector<json> events_of(const json& file, const std::string& phase, int pid) {
  std::vector<json> events;
  for (const json& e : file["traceEvents"])
    if (e["ph"] == phase && e["pid"] == pid) events.push_back(e);
  return events;
}

const Plan kPlan = plan_case(R"(
window 2000
lanes core.0 core.1
task policy 1 2000 0 1800
op policy 0 0 0 500 core.0 core.1
op policy 0 1 500 1501 core.1
)");

const Trace kTrace = trace_case(R"(
origin 1000000
lanes core.0 core.1
tasks policy
submit core.0 policy 0 999500 999900
release policy 0 1000000
op core.0 policy 0 0 1000010 1000510
op core.1 policy 0 1 1000510 1001600
end policy 0 1000000 1001600 done
release policy 1 1002000
decision core.1 policy 1 1 1002100
end policy 1 1002000 1004001 missed
idle core.0 1000510 1002000
)");

TEST(Perfetto, PutsPlanAndRunOnTracksOfTheirOwn) {
  PerfettoInput input;
  input.plan = &kPlan;
  input.trace = &kTrace;
  const json file = exported(input);
  EXPECT_EQ(file["displayTimeUnit"], "ns");

  std::map<int, std::string> processes, threads;
  for (const json& e : file["traceEvents"]) {
    if (e["name"] == "process_name") processes[e["pid"]] = e["args"]["name"];
    if (e["name"] == "thread_name") threads[e["tid"]] = e["args"]["name"];
  }
  EXPECT_EQ(processes, (std::map<int, std::string>{{1, "plan"}, {2, "run"}}));
  EXPECT_EQ(threads.size(), 4u);

  // The earliest event, the submit at 999500, is time 0.
  const auto planned = events_of(file, "X", 1);
  ASSERT_EQ(planned.size(), 9u);            // three windows cover the run of 4.001 us
  EXPECT_EQ(planned[0]["name"], "policy/op 0");
  EXPECT_DOUBLE_EQ(planned[0]["ts"], 0.5);
  EXPECT_DOUBLE_EQ(planned[2]["dur"], 1.001);
  EXPECT_DOUBLE_EQ(planned[3]["ts"], 2.5);
  EXPECT_EQ(planned[3]["args"]["job"], 1);
  EXPECT_EQ(threads[planned[1]["tid"].get<int>()], "core.1");

  const auto run = events_of(file, "X", 2);
  ASSERT_EQ(run.size(), 4u);
  EXPECT_EQ(run[0]["name"], "policy/submit");
  EXPECT_DOUBLE_EQ(run[0]["ts"], 0.0);
  EXPECT_DOUBLE_EQ(run[1]["ts"], 0.51);
  EXPECT_EQ(run[1]["args"]["tiles"], 1);

  const auto decisions = events_of(file, "i", 2);
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0]["name"], "other unit");
}

TEST(Perfetto, GivesEachJobASliceWithItsOutcome) {
  PerfettoInput input;
  input.plan = &kPlan;
  input.trace = &kTrace;
  const json file = exported(input);
  const auto begins = events_of(file, "b", 2);
  const auto ends = events_of(file, "e", 2);
  ASSERT_EQ(begins.size(), 2u);
  EXPECT_EQ(begins[0]["name"], "policy");
  EXPECT_EQ(begins[0]["args"]["outcome"], "done");
  EXPECT_EQ(begins[1]["args"]["outcome"], "missed");
  EXPECT_DOUBLE_EQ(begins[1]["args"]["response_us"], 2.001);
  EXPECT_EQ(events_of(file, "b", 1).size(), 3u);
  std::map<std::string, int> open;          // every id begins once and ends once
  for (const json& e : file["traceEvents"]) {
    if (e["ph"] == "b") {
      EXPECT_EQ(open[e["id"]]++, 0);
    } else if (e["ph"] == "e") {
      EXPECT_EQ(open[e["id"]]--, 1);
    }
  }
  for (const auto& [id, count] : open) EXPECT_EQ(count, 0) << id;
  ASSERT_EQ(ends.size(), 2u);
}

TEST(Perfetto, WritesAPlanAlone) {
  PerfettoInput input;
  input.plan = &kPlan;
  const json file = exported(input);
  EXPECT_EQ(events_of(file, "X", 1).size(), 3u);
  EXPECT_TRUE(events_of(file, "M", 2).empty());
}

TEST(Perfetto, NamesOperationsByKernel) {
  DispatchGraph graph;
  graph.kernels.push_back({"main_dispatch_0_matmul\"\xff", "h", "b"});
  GraphFunction function;
  function.name = "main";
  function.ops.resize(2);
  function.ops[0].kernel = KernelId(uint32_t{0});
  function.ops[1].kind = OpKind::kFill;
  graph.functions.push_back(function);
  Plan plan = kPlan;
  plan.tasks[0].module = ModuleId(uint32_t{0});
  plan.tasks[0].function = "main";
  const OpNames names = op_names(plan, {graph});
  PerfettoInput input;
  input.plan = &plan;
  input.names = &names;
  const auto slices = events_of(exported(input), "X", 1);
  EXPECT_EQ(slices[0]["name"], "policy/main/main_dispatch_0_matmul\"\xef\xbf\xbd");
  EXPECT_EQ(slices[2]["name"], "policy/main/fill");
  EXPECT_EQ(names.name("policy", 7), "op 7");
  EXPECT_EQ(names.name("nobody", 0), "op 0");
}

// Every operation of a random trace is in the file, with its exact times, and the file
// is valid JSON whatever the events hold.
TEST(Perfetto, KeepsEveryEventExactly) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    Trace trace;
    trace.lanes = {"a", "b\"\n"};
    trace.tasks = {"t\\", "u"};
    trace.origin = Nanos(rng.between(0, 1'000));
    size_t ops = 0;
    Nanos first = trace.origin;
    for (uint64_t n = rng.below(200); n-- > 0;) {
      TraceEvent e;
      e.kind = static_cast<TraceEvent::Kind>(rng.below(7));
      e.lane = static_cast<uint16_t>(rng.below(4));
      e.value = static_cast<uint16_t>(rng.below(5));
      e.task = rng.below(4) ? static_cast<uint32_t>(rng.below(3)) : TraceEvent::kNoTask;
      e.op = static_cast<uint32_t>(n);
      e.begin = Nanos(rng.between(0, 100'000'000'000));
      e.end = e.begin + Nanos(rng.between(0, 1'000'000));
      first = std::min(first, e.begin);
      ops += e.kind == TraceEvent::Kind::kOp;
      trace.events.push_back(e);
    }
    PerfettoInput input;
    input.trace = &trace;
    const json file = exported(input);
    std::map<uint32_t, const TraceEvent*> by_op;
    for (const TraceEvent& e : trace.events) by_op[e.op] = &e;
    size_t found = 0;
    for (const json& e : file["traceEvents"]) {
      if (e["ph"] != "X" || e["cat"] != "op") continue;
      const TraceEvent& original = *by_op.at(e["args"]["op"]);
      EXPECT_EQ(std::llround(e["ts"].get<double>() * 1000), (original.begin - first).ns);
      EXPECT_EQ(std::llround(e["dur"].get<double>() * 1000), (original.end - original.begin).ns);
      ++found;
    }
    EXPECT_EQ(found, ops);
  }
}

TEST(Perfetto, WritesAFile) {
  std::string directory = (std::filesystem::temp_directory_path() / "takt-trace-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/trace.json";
  PerfettoInput input;
  input.trace = &kTrace;
  ASSERT_TRUE(write_perfetto(path, input).ok());
  EXPECT_TRUE(json::parse(*read_file(path)).contains("traceEvents"));
  const Status status = write_perfetto(directory + "/missing/trace.json", input);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("missing/trace.json"), std::string::npos);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace takt
