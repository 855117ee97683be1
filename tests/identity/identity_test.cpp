// Results are bit-identical to stock IREE whatever the policy, width or order: every
// example network, on every policy, planned at widths 1 and 2, and in 200 random
// topological orders of its graph, against local-sync. And the check can fail: with one
// true dependency taken out of a graph, some order gives other bits.
//
// Two calls with different inputs take turns, so that a buffer that is read too early
// holds the other call's values and not, by luck, the right ones from the last time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "app/examples.h"
#include "app/planning.h"
#include "app/session.h"
#include "base/file.h"
#include "base/rng.h"

namespace takt {
namespace {

using Bits = std::vector<std::string>;   // a call's outputs

constexpr uint64_t kInputSeeds[] = {1, 2};
constexpr int kRandomOrders = 200;

struct Network {
  std::string name;
  compile::CompiledModule module;
  std::vector<Bits> expected;            // per input seed

  const GraphFunction& function() const { return *module.graph.find("main"); }
};

template <class T>
T must(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  ADD_FAILURE() << result.error().message;
  std::abort();
}

// A device with a session and one call per input seed.
class Runner {
 public:
  Runner(std::shared_ptr<Device> device, const Network& network) : device_(std::move(device)) {
    session_ = must(Session::create(device_, {network.module.vmfb_path}));
    for (uint64_t seed : kInputSeeds)
      calls_.push_back(must(
          Call::create(*session_, "main", seed, network.function().declaration)));
  }
  Bits run(size_t input) {
    const Status status = calls_[input]->run();
    EXPECT_TRUE(status.ok()) << status.error().message;
    return status.ok() ? must(calls_[input]->outputs()) : Bits{};
  }
  DeviceControl& control() { return *device_->control(); }

 private:
  std::shared_ptr<Device> device_;
  std::unique_ptr<Session> session_;
  std::vector<std::unique_ptr<Call>> calls_;
};

std::vector<Network> load_networks() {
  const std::string dir = TAKT_IDENTITY_DIR;
  const Status written = write_examples(dir + "/models");
  if (!written.ok()) {
    ADD_FAILURE() << written.error().message;
    std::abort();
  }
  std::vector<Network> networks;
  const std::shared_ptr<Device> sync = must(Device::create_stock("local-sync"));
  for (const std::string& name : example_networks()) {
    compile::CompileOptions options;
    options.output_dir = dir + "/modules";
    Network network{name, must(compile::compile_module(dir + "/models/" + name + ".mlir", options)),
                    {}};
    Runner runner(sync, network);
    for (size_t i = 0; i < std::size(kInputSeeds); ++i) network.expected.push_back(runner.run(i));
    networks.push_back(std::move(network));
  }
  return networks;
}

const std::vector<Network>& networks() {
  static const std::vector<Network> all = load_networks();
  return all;
}

class Identity : public testing::TestWithParam<std::string> {
 protected:
  static const Network& network() {
    return *std::find_if(networks().begin(), networks().end(),
                         [](const Network& n) { return n.name == GetParam(); });
  }
};

INSTANTIATE_TEST_SUITE_P(Networks, Identity, testing::ValuesIn(example_networks()),
                         [](const auto& param) { return param.param; });

void expect_identical(const Network& network, Runner& runner, int rounds,
                      const std::string& what) {
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < network.expected.size(); ++i)
      ASSERT_EQ(runner.run(i), network.expected[i])
          << network.name << ", " << what << ", input seed " << kInputSeeds[i];
}

Soc two_lanes() {
  Soc soc;
  soc.name = "two";
  soc.clusters.push_back({"lane", "core", 2, {}, {}});
  derive_lanes(soc);
  return soc;
}

// Costs that make a plan of the wanted shape; what they are does not matter here.
CostTable made_up_costs(const Network& network, int widths) {
  CostTable costs;
  Rng rng(7);
  for (const GraphOp& op : network.function().ops) {
    const CostSubject subject = cost_subject(network.module.graph, op);
    const Nanos one = micros(static_cast<int64_t>(rng.between(10, 40)));
    for (int width = 1; width <= widths; ++width) {
      const Nanos each = width == 1 ? one : one * 6 / 10;
      costs.set({subject.kernel_hash, subject.workgroups, "core", width, "default"},
                {1, each, each, each, each, false});
    }
  }
  return costs;
}

std::string write_plan_of(const Network& network, int widths) {
  const std::string path = std::string(TAKT_IDENTITY_DIR) + "/" + network.name + ".w" +
                           std::to_string(widths) + ".plan.json";
  PlanningOptions options;
  options.plan_path = path;
  const PlannedWorkload planned =
      must(plan_call(network.name, network.module, "main", two_lanes(),
                     made_up_costs(network, widths), options));
  const Status written = write_file(path, write_plan(planned.plan));
  EXPECT_TRUE(written.ok()) << written.error().message;
  return path;
}

DeviceOptions two_unpinned() {
  DeviceOptions options;
  options.lanes = 2;
  options.pin = false;
  return options;
}

TEST_P(Identity, WithoutAPlan) {
  for (const char* policy : {"dynamic", "jobshop", "pinned", "hybrid"}) {
    for (int lanes : {1, 2}) {
      DeviceOptions options = two_unpinned();
      options.policy = policy;
      options.lanes = lanes;
      Runner runner(must(Device::create_takt(options)), network());
      expect_identical(network(), runner, 5,
                       std::string(policy) + " on " + std::to_string(lanes) + " lanes");
    }
  }
}

TEST_P(Identity, WithAPlan) {
  for (int width : {1, 2}) {
    for (const char* policy : {"hybrid", "strict"}) {
      for (bool inline_submit : {true, false}) {
        DeviceOptions options = two_unpinned();
        options.plan = write_plan_of(network(), width);
        options.policy = policy;
        options.inline_submit = inline_submit;
        Runner runner(must(Device::create_takt(options)), network());
        expect_identical(network(), runner, 5,
                         std::string(policy) + ", widths up to " + std::to_string(width));
        EXPECT_GE(runner.control().statistics().planned_submissions, 10u);
      }
    }
  }
}

TEST_P(Identity, EachOperationAloneAtWidths1And2) {
  DeviceOptions options = two_unpinned();
  options.policy = "serial";
  options.graphs = {network().module.graph_path};
  Runner runner(must(Device::create_takt(options)), network());
  for (int width : {1, 2}) {
    ASSERT_TRUE(runner.control().set_serial(width, 0).ok());
    expect_identical(network(), runner, 3, "serial at width " + std::to_string(width));
  }
}

TEST_P(Identity, InRandomTopologicalOrders) {
  DeviceOptions options = two_unpinned();
  options.graphs = {network().module.graph_path};
  Runner runner(must(Device::create_takt(options)), network());
  for (uint64_t seed = 1; seed <= kRandomOrders; ++seed) {
    runner.control().set_random_order(seed);
    const size_t input = seed % network().expected.size();
    ASSERT_EQ(runner.run(input), network().expected[input])
        << network().name << " in random order of seed " << seed;
  }
}

// Whether `to` still comes after `from` when their direct edge is gone.
bool implied(const GraphFunction& function, uint32_t from, uint32_t to) {
  std::vector<bool> after(function.ops.size(), false);   // after `from`, by a longer path
  for (uint32_t op = from + 1; op <= to; ++op)
    for (const Dependency& dep : function.ops[op].deps)
      if ((dep.op == from && op != to) || (dep.op > from && after[dep.op])) after[op] = true;
  return after[to];
}

// Takes out one random true dependency that no other path implies; its ends.
std::pair<uint32_t, uint32_t> remove_dependency(GraphFunction& function, Rng& rng) {
  std::vector<std::pair<uint32_t, uint32_t>> candidates;
  for (uint32_t op = 0; op < function.ops.size(); ++op)
    for (const Dependency& dep : function.ops[op].deps)
      if (dep.kind == DependencyKind::kTrue && !implied(function, dep.op, op))
        candidates.emplace_back(dep.op, op);
  if (candidates.empty()) return {0, 0};
  const auto [from, to] = candidates[rng.below(candidates.size())];
  std::erase_if(function.ops[to].deps, [&](const Dependency& dep) { return dep.op == from; });
  return {from, to};
}

TEST_P(Identity, AMissingDependencyIsNoticed) {
  DispatchGraph graph = network().module.graph;
  GraphFunction& function = *std::find_if(graph.functions.begin(), graph.functions.end(),
                                          [](const GraphFunction& f) { return f.plannable; });
  Rng rng(11);
  const auto [from, to] = remove_dependency(function, rng);
  ASSERT_LT(from, to) << "no dependency to remove";
  const std::string path =
      std::string(TAKT_IDENTITY_DIR) + "/" + network().name + ".broken.graph.json";
  ASSERT_TRUE(write_file(path, write_graph(graph)).ok());

  DeviceOptions options = two_unpinned();
  options.graphs = {path};
  Runner runner(must(Device::create_takt(options)), network());
  int differences = 0;
  for (uint64_t seed = 1; seed <= kRandomOrders; ++seed) {
    runner.control().set_random_order(seed);
    const size_t input = seed % network().expected.size();
    if (runner.run(input) != network().expected[input]) ++differences;
  }
  EXPECT_GT(differences, 0) << network().name << " without " << from << " -> " << to
                            << " gave the right bits in " << kRandomOrders << " random orders";
  std::printf("%s without %u -> %u: %d of %d orders differ\n", network().name.c_str(), from, to,
              differences, kRandomOrders);
}

}  // namespace
}  // namespace takt
