// Every way a file can be wrong ends in one message that names the file, the line, the
// field, what is wrong and what is allowed; never in a crash or a default.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "model/dispatch_graph.h"
#include "model/plan.h"
#include "model/random_model.h"
#include "model/soc.h"
#include "model/text_tree.h"
#include "model/workload.h"

namespace takt {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* from;       // text of the good file, its first occurrence; nullptr: whole file
  const char* to;
  const char* expected;   // part of the message
};

std::string changed(const std::string& good, const Case& bad) {
  if (!bad.from) return bad.to;
  std::string text = good;
  const size_t at = text.find(bad.from);
  CHECK_MSG(at != text.npos, bad.from);
  return text.replace(at, std::string_view(bad.from).size(), bad.to);
}

template <class Parse>
void expect_messages(const std::string& good, std::span<const Case> cases, Parse parse) {
  const auto fine = parse(good);
  ASSERT_TRUE(fine.ok()) << fine.error().message;
  for (const Case& bad : cases) {
    SCOPED_TRACE(bad.from ? std::string(bad.from) + " -> " + bad.to : bad.to);
    const auto result = parse(changed(good, bad));
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(result.error().message, HasSubstr(bad.expected));
    EXPECT_THAT(result.error().message, HasSubstr("dir/file"));
    EXPECT_EQ(result.error().exit_code(), 2);
  }
}

constexpr char kSoc[] = R"(format: takt-soc
version: 1
name: tiny
clusters:
  - name: big
    class: core.big
    cores: 2
    cpus: [0, 1]
    speed_khz: [1000, 2000]
  - {name: little, class: core.little, cores: 1, cpus: [2]}
accelerators:
  - {name: npu, kind: npu.ip, cluster: big, exclusive: true}
links:
  - {from: big, to: little, latency: 350ns, bytes_per_us: 9600}
thermal: {throttle_c: 95}
)";

TEST(BadInput, Soc) {
  const Case cases[] = {
      {nullptr, "", "the file is empty"},
      {nullptr, "- a\n- b\n", "this is not a takt-soc file"},
      {nullptr, "just text", "this is not a takt-soc file"},
      {nullptr, "a: [1, 2", "dir/file:1:"},
      {nullptr, "a: {b: c\n", "not valid YAML"},
      {"format: takt-soc", "format: takt-plan",
       "dir/file:1:9: field format: is 'takt-plan'; this program reads takt-soc version 1 here"},
      {"version: 1", "version: 2", "dir/file:2:10: field version: is 2; this program reads"},
      {"version: 1\n", "", "must have the fields format: takt-soc and version: 1"},
      {"name: tiny", "nmae: tiny",
       "dir/file:3:7: field nmae: unknown field; known here: format, version, name, clusters"},
      {"name: tiny\n", "", "dir/file:1:1: the field 'name' is missing"},
      {"name: tiny", "name: 'a b'", "field name: must be a name of 1 to 100 letters"},
      {"name: tiny", "name: tiny\nname: tiny", "dir/file:4:1: field 'name' is given twice"},
      {"name: tiny", "name: &a tiny", "anchors"},
      {"name: tiny", "name: *a", "not valid YAML"},
      {"name: tiny", "name: !!str tiny", "tags"},
      {"name: tiny", "name: [tiny]", "field name: must be a name of 1 to 100"},
      {"name: tiny", "name:", "is empty"},
      {"cores: 2", "cores: 0",
       "dir/file:7:12: field clusters[0].cores: must be an integer from 1 to 1024, is '0'"},
      {"cores: 2", "cores: two", "clusters[0].cores: must be an integer from 1 to 1024, is 'two'"},
      {"cores: 2", "cores: 99999999999999999999", "clusters[0].cores: must be an integer"},
      {"cores: 2", "cores: 3", "must name one CPU for each of the 3 cores, names 2"},
      {"cpus: [0, 1]", "cpus: [0, 0]", "clusters[0].cpus[1]: CPU 0 is already another core"},
      {"cpus: [0, 1]", "cpus: [0, 2]", "clusters[1].cpus[0]: CPU 2 is already another core"},
      {"cpus: [0, 1]", "cpus: [0, -1]", "clusters[0].cpus[1]: must be an integer from 0"},
      {"    cpus: [0, 1]\n", "", "either every cluster has cpus (the SoC is this host) or none"},
      {"[1000, 2000]", "[2000, 1000]", "speed levels must be ascending"},
      {"[1000, 2000]", "1000", "clusters[0].speed_khz: must be a list, is '1000'"},
      {"{name: little", "{name: big", "clusters[1]: the name 'big' is already taken"},
      {"{name: npu", "{name: big", "accelerators[0]: the name 'big' is already taken"},
      {"{name: npu", "{name: little.0", "two lanes would be called 'little.0'"},
      {"cores: 2", "cores: 2\n    aligned: 1", "clusters[0].aligned: must be true or false"},
      {"cores: 2", "cores: 2\n    corun_pct: -1",
       "clusters[0].corun_pct: must be an integer from 0 to 1000, is '-1'"},
      {"kind: npu.ip", "kind: core.big", "is also the class of the cores of cluster 'big'"},
      {"cluster: big", "cluster: huge", "there is no cluster 'huge'; known: big little"},
      {"exclusive: true", "exclusive: yes", "accelerators[0].exclusive: must be true or false"},
      {"to: little", "to: big", "links[0]: joins a cluster with itself"},
      {"latency: 350ns", "latency: -1ns", "links[0].latency: must be a time from 0ns to 1s"},
      {"latency: 350ns", "latency: 2h", "links[0].latency: must be a time"},
      {"bytes_per_us: 9600", "bytes_per_us: 0", "bytes_per_us: must be an integer from 1"},
      {"throttle_c: 95", "throttle_c: .nan", "thermal.throttle_c: must be a number from 0"},
      {"throttle_c: 95", "throttle_c: 95\n---\nname: other", "not valid YAML"},
      {"thermal: {throttle_c: 95}", "---\nname: other", "there is a second document"},
  };
  expect_messages(kSoc, cases, [](const std::string& text) { return parse_soc(text, "dir/file"); });
}

constexpr char kWorkload[] = R"(format: takt-workload
version: 1
name: robot
modules:
  - {name: policy, path: policy.mlir, function: main}
tasks:
  - {name: control, module: policy, period: 2ms, phase: 1ms, deadline: 2ms,
     criticality: hard, priority: 1}
  - {name: see, module: policy, rate: 30}
  - {name: act, module: policy, rate: 30}
chains:
  - {name: loop, tasks: [see, act], deadline: 40ms}
edges:
  - {from: see, to: act, mode: every}
  - {from: act, to: control, mode: latest}
modes:
  - {name: all, tasks: [control, see, act], rates: [{task: see, rate: 10}]}
window: 50ms
)";

TEST(BadInput, Workload) {
  const Case cases[] = {
      {"period: 2ms", "period: 0ms",
       "dir/file:7:45: field tasks[0].period: must be a time from 1us to 3600s such as 5ms, is "
       "'0ms'"},
      {"period: 2ms", "period: -2ms", "tasks[0].period: must be a time"},
      {"period: 2ms", "period: 999ns", "tasks[0].period: must be a time"},
      {"period: 2ms", "period: 2hours", "tasks[0].period: must be a time"},
      {"period: 2ms", "period: 1/0ns", "tasks[0].period: must be a time"},
      {"period: 2ms", "period: [2ms]", "tasks[0].period: must be a text"},
      {"period: 2ms", "period: 2ms, rate: 500", "either a period (5ms) or a rate"},
      {"period: 2ms, ", "", "dir/file:7:5: field tasks[0]: a task needs either a period"},
      {"rate: 30", "rate: 0", "tasks[1].rate: must be a rate in Hz"},
      {"rate: 30", "rate: -30", "tasks[1].rate: must be a rate in Hz"},
      {"rate: 30", "rate: 1e3", "tasks[1].rate: must be a rate in Hz"},
      {"rate: 30", "rate: 30.0000001", "tasks[1].rate: must be a rate in Hz"},
      {"rate: 30", "rate: 2000000", "tasks[1].rate: must be a rate in Hz"},
      {"phase: 1ms", "phase: 2ms", "tasks[0].phase: must be a time from 0ns to 1999999ns"},
      {"deadline: 2ms", "deadline: 0", "tasks[0].deadline: must be a time from 1ns"},
      {"priority: 1", "priority: 1, weight: 0",
       "tasks[0].weight: must be an integer from 1 to 1000000, is '0'"},
      {"priority: 1", "priority: 1, jitter: -1us", "tasks[0].jitter: must be a time from 0ns"},
      {"criticality: hard", "criticality: harsh",
       "tasks[0].criticality: must be one of hard firm soft best-effort, is 'harsh'"},
      {"priority: 1", "priority: high", "tasks[0].priority: must be an integer"},
      {"module: policy", "module: politics",
       "tasks[0].module: there is no module 'politics'; known: policy"},
      {"name: see", "name: control", "tasks[1]: the name 'control' is already taken"},
      {"path: policy.mlir, ", "", "dir/file:5:5: field modules[0]: the field 'path' is missing"},
      {"path: policy.mlir", "path: ''", "modules[0].path: must be the path of a .mlir or .vmfb"},
      {"tasks: [see, act]", "tasks: [see]", "a chain needs at least two tasks"},
      {"tasks: [see, act]", "tasks: [see, act, see]", "chains[0].tasks[2]: the task is already in"},
      {"tasks: [see, act]", "tasks: [see, akt]", "there is no task 'akt'; known: control see act"},
      {", deadline: 40ms}", "}", "chains[0]: the field 'deadline' is missing"},
      {"from: see, to: act", "from: see, to: see", "edges[0]: a task cannot feed itself"},
      {"mode: every", "mode: some", "edges[0].mode: must be one of every latest"},
      {"{from: act, to: control, mode: latest}", "{from: act, to: see, mode: every}",
       "edges[0]: is part of a cycle of `every` edges"},
      {"{from: act, to: control, mode: latest}", "{from: see, to: act}",
       "edges[1]: this edge is given twice"},
      {"modules:\n  - {name: policy, path: policy.mlir, function: main}", "modules: []",
       "modules: a workload needs at least one module"},
  };
  expect_messages(kWorkload, cases,
                  [](const std::string& text) { return parse_workload(text, "dir/file"); });
}

TEST(BadInput, ArrivalsEdgesAndModes) {
  const Case cases[] = {
      {"period: 2ms", "min_separation: 2ms, rate: 5", "or min_separation"},
      {"period: 2ms", "min_separation: 0", "tasks[0].min_separation: must be a time from 1us"},
      {"period: 2ms", "period: 2ms, arrival_pct: 50",
       "tasks[0].arrival_pct: every job of a periodic task comes"},
      {"period: 2ms", "min_separation: 2ms, arrival_pct: 101",
       "tasks[0].arrival_pct: must be an integer from 0 to 100, is '101'"},
      {"name: see, module: policy, rate: 30", "name: see, module: policy, on: act",
       "tasks[1].on: there is no task above this one 'act'; known: control"},
      {"name: see, module: policy, rate: 30", "name: see, module: policy, on: control, phase: 1ms",
       "tasks[1].phase: an event-driven task has the phase"},
      {"name: act, module: policy, rate: 30}", "name: act, module: policy, on: see}\n"
       "  - {name: tail, module: policy, on: act, overrun: stop}",
       "tasks[3].overrun: must be one of skip run-on abort, is 'stop'"},
      {"mode: every", "mode: every, buffer: 0", "edges[0].buffer: must be an integer from 1"},
      {"mode: every", "mode: every, staleness: 1ms", "staleness is for `mode: latest`"},
      {"mode: latest", "mode: latest, buffer: 1", "buffer is for `mode: every`"},
      {"mode: latest", "mode: latest, staleness: 0", "edges[1].staleness: must be a time from"},
      {"window: 50ms", "window: 1us", "window: must be a time from 100us"},
      {"window: 50ms", "energy: sleep", "energy: must be one of performance save, is 'sleep'"},
      {"window: 50ms", "throttling: [{at: 1s, cluster: big}]",
       "throttling[0]: the field 'pct' is missing"},
      {"window: 50ms", "throttling: [{at: 1s, cluster: big, pct: 0}]",
       "throttling[0].pct: must be an integer from 1 to 100, is '0'"},
      {"window: 50ms",
       "throttling: [{at: 1s, cluster: big, pct: 50}, {at: 0, cluster: big, pct: 100}]",
       "throttling[1].at: is before the entry above"},
      {"[control, see, act]", "[]", "modes[0].tasks: a mode needs at least one task"},
      {"[control, see, act]", "[control, see, see]", "modes[0].tasks[2]: the task is already in"},
      {"[control, see, act]", "[control, act]", "rates[0].task: the task is not active"},
      {"rate: 10}", "rate: 10, period: 1ms}", "modes[0].rates[0]: a task needs either a period"},
      {"rate: 10}", "rate: 10}, {task: see, rate: 10}", "rates[1].task: the task has a rate in"},
      {"name: act, module: policy, rate: 30}", "name: act, module: policy, on: see}\n"
       "  - {name: tail, module: policy, on: act, deadline: 0}", "tasks[3].deadline: must be a"},
  };
  expect_messages(kWorkload, cases,
                  [](const std::string& text) { return parse_workload(text, "dir/file"); });
}

constexpr char kPlan[] = R"({
  "format": "takt-plan",
  "version": 1,
  "instance_hash": "h", "soc": "s", "lanes": ["a", "b"], "window_ns": 1000,
  "modules": [{"name": "m", "graph": "g.json", "graph_hash": "x", "vmfb_hash": "y"}],
  "tasks": [{"name": "t", "module": 0, "function": "main", "criticality": "hard", "priority": 0,
             "period": {"num_ns": 1000, "den": 1}, "phase_ns": 0, "deadline_ns": null, "jobs": 1}],
  "objective": [{"name": "makespan", "value": 10, "bound": 10, "proof": "optimal"}],
  "provenance": {"solver": "", "seed": 18446744073709551615, "solve_time_ns": 1,
                 "takt_version": "", "host": ""},
  "operations": [
    {"task": 0, "job": 0, "kind": "op", "graph_op": 0, "kernel": "k", "start_ns": 0,
     "duration_ns": 10, "lanes": [0, 1], "variant": "default"}
  ]
})";

TEST(BadInput, Plan) {
  const std::string deep(100000, '[');
  const Case cases[] = {
      {nullptr, "", "dir/file:1: the file is empty"},
      {nullptr, "{", "dir/file:1:2: not valid JSON: syntax error"},
      {nullptr, "{\n\"a\": 1,\n}", "dir/file:3:1: not valid JSON"},
      {nullptr, "{\"a\": \"\x80\"}", "not valid JSON"},
      {nullptr, "{\"a\": 1e999}", "not valid JSON"},
      {nullptr, "[1] [2]", "not valid JSON"},
      {nullptr, deep.c_str(), "nested too deeply; at most 32 levels"},
      {nullptr, "{}", "this is not a takt-plan file"},
      {"\"version\": 1", "\"version\": 7", "dir/file:3: field version: is 7"},
      {"\"version\": 1", "\"version\": \"1\"", "field version: must be an integer"},
      {"\"soc\": \"s\"", "\"soc\": \"s\", \"sok\": 1", "dir/file:4: field sok: unknown field"},
      {"\"soc\": \"s\"", "\"soc\": \"s\", \"soc\": \"s\"", "field 'soc' is given twice"},
      {"\"soc\": \"s\"", "\"soc\": 5", "field soc: must be a text of at most 64 KiB, is 5"},
      {"[\"a\", \"b\"]", "[\"a\", \"a\"]", "lanes[1]: the name 'a' is already taken"},
      {"\"window_ns\": 1000", "\"window_ns\": 0", "window_ns: must be an integer from 1"},
      {"\"window_ns\": 1000", "\"window_ns\": 1.5", "window_ns: must be an integer from 1"},
      {"\"module\": 0", "\"module\": 1",
       "dir/file:6: field tasks[0].module: must be the index of one of the 1 modules, "
       "counted from 0"},
      {"\"hard\"", "\"soft-ish\"",
       "tasks[0].criticality: must be one of hard firm soft best-effort"},
      {"\"num_ns\": 1000", "\"num_ns\": -5", "tasks[0].period.num_ns: must be an integer from 1"},
      {"\"den\": 1", "\"den\": 0", "tasks[0].period.den: must be an integer from 1"},
      {"\"jobs\": 1", "\"jobs\": 0", "operations[0].job: its task has no jobs in this plan"},
      {"\"proof\": \"optimal\"", "\"proof\": true",
       "objective[0].proof: must be one of optimal gap limit"},
      {"\"seed\": 18446744073709551615", "\"seed\": -1",
       "provenance.seed: must be an integer of 0 or"},
      {"\"task\": 0", "\"task\": 9", "dir/file:12: field operations[0].task: must be the index"},
      {"\"job\": 0", "\"job\": 1",
       "operations[0].job: must be the index of one of the 1 jobs of its"},
      {"\"kind\": \"op\"", "\"kind\": \"oops\"", "operations[0].kind: must be one of op submit"},
      {"\"start_ns\": 0", "\"start_ns\": -1", "operations[0].start_ns: must be an integer from 0"},
      {"\"start_ns\": 0", "\"start_ns\": 9223372036854775807", "operations[0].start_ns: must be"},
      {"\"lanes\": [0, 1]", "\"lanes\": [0, 2]",
       "operations[0].lanes[1]: must be the index of one of"},
      {"\"lanes\": [0, 1]", "\"lanes\": [1, 0]", "operations[0].lanes[1]: lanes must be ascending"},
      {"\"lanes\": [0, 1]", "\"lanes\": []",
       "operations[0].lanes: an operation needs at least one"},
      {", \"variant\": \"default\"", "", "operations[0]: the field 'variant' is missing"},
  };
  expect_messages(kPlan, cases,
                  [](const std::string& text) { return parse_plan(text, "dir/file"); });
}

constexpr char kGraph[] = R"({
  "format": "takt-graph", "version": 1, "module": "m", "source": "m.mlir", "vmfb": "m.vmfb",
  "vmfb_hash": "h", "compiler_version": "c", "inputs_hash": "i", "flags": ["-x"],
  "kernels": [{"entry": "e", "content_hash": "k", "binary_hash": "b"}],
  "functions": [{"name": "main", "declaration": "", "plannable": true, "reason": "", "regions": 1,
    "resources": [{"name": "arg0", "size": 64}],
    "ops": [
      {"kind": "fill", "bytes": 64, "region": 0, "position": 0, "wave": 0,
       "accesses": [{"resource": 0, "offset": 0, "length": 64, "access": "w", "exact": true}],
       "deps": []},
      {"kind": "dispatch", "kernel": 0, "workgroups": [1, 1, 1], "region": 0, "position": 1,
       "wave": 1,
       "accesses": [], "deps": [{"op": 0, "kind": "true", "bytes": 64}]}
    ]}]
})";

TEST(BadInput, Graph) {
  const Case cases[] = {
      {"\"kernel\": 0", "\"kernel\": 1",
       "functions[0].ops[1].kernel: must be the index of one of the 1"},
      {"\"kernel\": 0, ", "", "functions[0].ops[1]: the field 'kernel' is missing"},
      {"\"kind\": \"fill\"", "\"kind\": \"fill\", \"kernel\": 0",
       "ops[0].kernel: only dispatches have it; this operation is a fill"},
      {"[1, 1, 1]", "[1, 1]", "ops[1].workgroups: must have three counts"},
      {"[1, 1, 1]", "[1, 1, -1]", "ops[1].workgroups[2]: must be an integer from 0"},
      {"\"length\": 64", "\"length\": 65",
       "accesses[0]: reaches byte 65 of resource 'arg0', which has 64 bytes"},
      {"\"offset\": 0", "\"offset\": -1", "accesses[0].offset: must be an integer from 0"},
      {"\"access\": \"w\"", "\"access\": \"x\"", "accesses[0].access: must be one of r w rw"},
      {"\"resource\": 0", "\"resource\": 1", "accesses[0].resource: must be the index"},
      {"{\"op\": 0,", "{\"op\": 1,", "ops[1].deps[0].op: operation 1 depends on operation 1"},
      {"{\"op\": 0,", "{\"op\": 7,", "(no cycles)"},
      {"\"kind\": \"true\"", "\"kind\": \"maybe\"", "must be one of true anti output order"},
      {"[{\"op\": 0, \"kind\": \"true\", \"bytes\": 64}",
       "[{\"op\": 0, \"kind\": \"true\", \"bytes\": 64}, "
       "{\"op\": 0, \"kind\": \"true\", \"bytes\": 1}",
       "deps[1]: dependencies must be sorted by op"},
      {"\"position\": 1", "\"position\": 0", "ops[1]: operations must be in command order"},
      {"\"regions\": 1", "\"regions\": 0",
       "ops[0].region: must be the index of one of the 0 regions"},
      {"\"plannable\": true", "\"plannable\": false",
       "a function that is not plannable must say why"},
      {"\"plannable\": true", "\"plannable\": 1", "functions[0].plannable: must be true or false"},
      {"\"size\": 64", "\"size\": -2", "resources[0].size: must be an integer from -1"},
  };
  expect_messages(kGraph, cases,
                  [](const std::string& text) { return parse_graph(text, "dir/file"); });
}

TEST(BadInput, FilesThatAreNotThere) {
  for (const Error& error :
       {read_soc("/nowhere/s.yaml").error(), read_workload("/nowhere/w.yaml").error(),
        read_plan("/nowhere/p.json").error(), read_graph("/nowhere/g.json").error()}) {
    EXPECT_THAT(error.message, HasSubstr("/nowhere/"));
    EXPECT_THAT(error.message, HasSubstr("No such file"));
    EXPECT_EQ(error.exit_code(), 2);
  }
}

TEST(BadInput, TooMuchIsRefused) {
  const std::string big(TextTree::kMaxYamlBytes + 1, 'a');
  EXPECT_THAT(parse_soc(big, "dir/file").error().message, HasSubstr("the file is too large"));
  const std::string deep_yaml = std::string(100, '[') + std::string(100, ']');
  EXPECT_THAT(parse_soc(deep_yaml, "dir/file").error().message, HasSubstr("nested too deeply"));
  std::string fields = "{";
  for (int i = 0; i < 100; ++i) fields.append("\"f").append(std::to_string(i)).append("\": 1, ");
  EXPECT_THAT(parse_plan(fields + "\"x\": 1}", "dir/file").error().message,
              HasSubstr("too many fields"));
}

// Files cut off or damaged anywhere: an answer, never a crash. (The fuzzers go further.)
template <class Parse>
void damage(const std::string& good, Parse parse) {
  size_t refused = 0, tried = 0;
  for (size_t length = 0; length < good.size(); ++length, ++tried)
    refused += !parse(good.substr(0, length)).ok();
  EXPECT_GT(refused, tried / 2);
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    std::string text = good;
    for (int i = 0; i < 3; ++i)
      text[rng.below(text.size())] = static_cast<char>(
          rng.below(2) ? rng.below(256) : static_cast<uint64_t>("{}[],:0-9\"\n "[rng.below(12)]));
    const auto result = parse(text);
    if (!result.ok()) {
      EXPECT_THAT(result.error().message, HasSubstr("dir/file"));
    }
  }
}

TEST(BadInput, DamagedFiles) {
  damage(kSoc, [](const std::string& text) { return parse_soc(text, "dir/file"); });
  damage(kWorkload, [](const std::string& text) { return parse_workload(text, "dir/file"); });
  damage(kPlan, [](const std::string& text) { return parse_plan(text, "dir/file"); });
  damage(kGraph, [](const std::string& text) { return parse_graph(text, "dir/file"); });
}

}  // namespace
}  // namespace takt
