// executor: what running a DAG costs, peer against peer (executor_dag.h, executor_peers.h),
// on two lanes. One interleaved run; every figure is a median over calls:
//   ns_per_item   of empty items: time of a call / items
//   efficiency    items of about 1 and 10 us: time of a loop over them on one cpu, measured in
//                 turns with the peers, / (2 * time of a call)
// executor_latency.h, executor_memory.cpp and executor_cotenant.h have the rest.
#include <algorithm>
#include <map>
#include <string>

#include "bench/executor_cotenant.h"
#include "bench/executor_latency.h"
#include "bench/executor_peers.h"
#include "bench/measure.h"
#include "bench/suites.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;
constexpr int kLanes = 2;
constexpr uint32_t kItems = 2000;
constexpr const char* kSerial = "serial-loop";

struct Executors {
  std::unique_ptr<Executor> plan, dynamic;
  std::shared_ptr<IreeTaskExecutor> iree;
};

// A DAG with every peer that can run it.
struct Case {
  Dag dag;
  std::unique_ptr<DagWork> work;
  std::map<std::string, std::unique_ptr<DagPeer>> peers;
};

Status fill(Case& c, const Executors& executors) {
  c.work = std::make_unique<DagWork>(c.dag);
  c.peers[kSerial] = make_serial_peer(c.dag, *c.work);
  c.peers["takt-plan"] = make_takt_peer(c.dag, *c.work, *executors.plan, true);
  c.peers["takt-dynamic"] = make_takt_peer(c.dag, *c.work, *executors.dynamic, false);
  c.peers["tbb-flow-graph"] = make_flow_graph_peer(c.dag, *c.work, kLanes);
  c.peers["tbb-task-group"] = make_task_group_peer(c.dag, *c.work, kLanes);
  c.peers["iree-task"] = make_iree_peer(c.dag, *c.work, executors.iree);
  c.work->checked = true;
  for (auto& [name, peer] : c.peers)
    for (int run = 0; run < 20; ++run) {
      peer->run();
      if (!c.work->complete())
        return failed(name + " does not run every item of '" + c.dag.name +
                      "' once and after its inputs");
    }
  c.work->checked = false;
  return {};
}

// Median time of one call of every peer, in ns.
Result<std::map<std::string, double>> time_of(Case& c, int rounds, int calls, int warmup) {
  std::vector<Contender> contenders;
  for (auto& [name, peer] : c.peers)
    contenders.push_back({name, [p = peer.get()]() -> Status { return p->run(), Status(); }, {}});
  TAKT_TRY(interleave(contenders, rounds, calls, warmup));
  std::map<std::string, double> times;
  for (const Contender& contender : contenders)
    times[contender.name] = static_cast<double>(median(contender.samples).ns);
  return times;
}

void add_check(Json& checks, const std::string& figure, double value, double goal, bool below) {
  checks.push_back({{"figure", figure}, {"value", value}, {"goal", goal},
                    {"met", below ? value <= goal : value >= goal}});
}

void check_dags(Json& report) {
  Json& checks = report["checks"];
  const Json& cost = report["ns_per_item"];
  for (const auto& [shape, goal] :
       {std::pair{"chain", 5.0}, std::pair{"wide", 6.0}, std::pair{"layered", 10.0}}) {
    add_check(checks, std::string("ns_per_item ") + shape + " takt-plan", cost[shape]["takt-plan"],
              goal, true);
    const double tbb = std::min(cost[shape]["tbb-flow-graph"].get<double>(),
                                cost[shape]["tbb-task-group"].get<double>());
    add_check(checks, std::string("ns_per_item ") + shape + " takt-dynamic, goal: oneTBB's better",
              cost[shape]["takt-dynamic"], tbb, true);
  }
  const auto efficiency = [&](const char* peer, const char* size, double goal) {
    add_check(checks, std::string("efficiency ") + peer + " " + size,
              report["efficiency"][peer][size], goal, false);
  };
  efficiency("takt-plan", "1us", 0.96);
  efficiency("takt-plan", "10us", 0.98);
  efficiency("takt-dynamic", "1us", 0.85);
  efficiency("takt-dynamic", "10us", 0.97);
}

void check_rest(Json& report) {
  Json& checks = report["checks"];
  add_check(checks, "launch_trips", report["launch_trips"], 3, true);
  add_check(checks, "wake_ratio", report["wake_ratio"], 1.3, true);
  const Json& cotenant = report["cotenant"];
  const double ratio = cotenant["hybrid"]["items_per_s"].get<double>() /
                       cotenant["dynamic"]["items_per_s"].get<double>();
  add_check(checks, "co-tenant: throughput of hybrid / dynamic", ratio, 0.95, false);
  add_check(checks, "co-tenant: hard misses of hybrid, goal: strict's",
            cotenant["hybrid"]["hard_misses"], cotenant["strict"]["hard_misses"], true);
}

Status measure_dags(const Executors& executors, int rounds, Json& report) {
  std::vector<Case> cases;
  for (const Dag& dag : {chain_dag(kItems), wide_dag(kItems), layered_dag(50, 40, 3),
                         layered_dag(50, 40, 40)})
    cases.push_back({dag, nullptr, {}});
  for (Case& c : cases) {
    TAKT_TRY(fill(c, executors));
    TAKT_ASSIGN(const auto times, time_of(c, rounds, 10, 4));
    for (const auto& [name, ns] : times)
      report["ns_per_item"][c.dag.name][name] = ns / c.dag.items();
  }
  Case& layered = cases[2];
  for (const auto& [key, duration] : {std::pair{"1us", micros(1)}, std::pair{"10us", micros(10)}}) {
    layered.work->steps = steps_of(duration);
    TAKT_ASSIGN(const auto times, time_of(layered, rounds, 5, 2));
    for (const auto& [name, ns] : times)
      if (name != kSerial) report["efficiency"][name][key] = times.at(kSerial) / (kLanes * ns);
  }
  return {};
}

}  // namespace

Result<nlohmann::json> executor(const Options& options) {
  const int rounds = options.rounds > 0 ? options.rounds : 40;
  Executors executors;
  TAKT_ASSIGN(executors.plan, make_takt_executor("strict"));
  TAKT_ASSIGN(executors.dynamic, make_takt_executor("dynamic"));
  executors.iree = make_iree_executor(kLanes);
  Json report{{"suite", "executor"}, {"machine", machine()}, {"rounds", rounds}};
  TAKT_TRY(measure_dags(executors, rounds, report));
  check_dags(report);
  TAKT_ASSIGN(const Json latencies, measure_latencies(5 * rounds));
  report.update(latencies);
  TAKT_ASSIGN(const Json memory, measure_memory());
  report.update(memory);
  TAKT_ASSIGN(report["cotenant"], measure_cotenant(std::max(1, rounds / 5)));
  check_rest(report);
  return report;
}

}  // namespace takt::bench
