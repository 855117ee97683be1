#include "hal/control.h"

#include <sched.h>

#include <algorithm>

#include "base/clock.h"
#include "hal/plan_book.h"
#include "model/soc.h"

namespace takt {
namespace {

std::vector<int> usable_cpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

std::string cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (int cpu : cpus) text += (text.empty() ? "" : ",") + std::to_string(cpu);
  return text;
}

// The lanes of soc.yaml: its cores, which must all be on this host.
Result<LaneSetup> lanes_of_soc(const DeviceOptions& options) {
  LaneSetup setup;
  TAKT_ASSIGN(const Soc soc, read_soc(options.soc));
  for (const Lane& lane : soc.lanes) {
    if (lane.kind != Lane::Kind::kCore) continue;
    if (lane.cpu < 0)
      return bad_input(options.soc + ": lane '" + lane.name + "' has no cpu on this host; give "
                       "the cluster's cpus, or simulate the SoC with `takt sim`");
    setup.cpus.push_back(lane.cpu);
    setup.names.push_back(lane.name);
  }
  return setup;
}

}  // namespace

Result<LaneSetup> choose_lanes(const DeviceOptions& options) {
  LaneSetup setup;
  const std::vector<int> usable = usable_cpus();
  if (!options.cpus.empty() || !options.soc.empty()) {
    if (options.cpus.empty()) {
      TAKT_ASSIGN(setup, lanes_of_soc(options));
    } else {
      setup.cpus = options.cpus;
    }
    for (int cpu : setup.cpus)
      if (std::find(usable.begin(), usable.end(), cpu) == usable.end())
        return bad_input("lanes: cpu " + std::to_string(cpu) +
                         " is not usable by this process; usable: " + cpu_list(usable));
  } else {
    const int count = options.lanes.value_or(int(usable.size()));
    if (count < 1 || count > int(Executor::kMaxLanes))
      return bad_input("lanes: " + std::to_string(count) + " lanes; 1 to " +
                       std::to_string(Executor::kMaxLanes) + " are possible");
    // More lanes than cpus share them, unpinned.
    for (int l = 0; l < count; ++l)
      setup.cpus.push_back(count <= int(usable.size()) ? usable[size_t(l)] : -1);
  }
  if (setup.cpus.size() > Executor::kMaxLanes)
    return bad_input("lanes: " + std::to_string(setup.cpus.size()) + " lanes; at most " +
                     std::to_string(Executor::kMaxLanes) + " are possible");
  if (!options.pin)
    for (int& cpu : setup.cpus) cpu = -1;
  for (size_t l = setup.names.size(); l < setup.cpus.size(); ++l)
    setup.names.push_back("lane." + std::to_string(l));
  return setup;
}

Status set_places(const DeviceOptions& options, ExecutorOptions& executor) {
  const bool pinned = std::all_of(executor.cpus.begin(), executor.cpus.end(),
                                  [](int cpu) { return cpu >= 0; });
  if (options.topology && pinned) {
    TAKT_ASSIGN(executor.topology, Topology::of_host(executor.cpus));
  }
  if (options.helps == Helps::kAnybody) return {};
  if (options.helps == Helps::kCluster && executor.topology.lanes() == 0)
    return bad_input("helps=cluster: lanes that are not pinned, or without topology=1, have no "
                     "clusters; leave it out");
  for (uint32_t lane = 0; lane < executor.cpus.size(); ++lane)
    executor.helps.push_back(options.helps == Helps::kNobody
                                 ? LaneMask::of(lane)
                                 : executor.topology.cluster(executor.topology[lane].cluster));
  return {};
}

Control::Control(HalDevice& device)
    : device_(device),
      policy_(device.executor->policy().name()) {
  set_window_origin(monotonic_now());
}

DeviceStatistics Control::statistics() const {
  const ExecutorStatistics from = device_.executor->statistics();
  DeviceStatistics to;
  to.submissions = from.submissions;
  to.operations = from.operations;
  to.inline_submissions = from.inline_submissions;
  to.wakes = from.wakes;
  to.planned_submissions = device_.planned_submissions.load();
  to.trace_dropped = from.trace_dropped;
  return to;
}

void Control::drain_trace(const std::function<void(const TraceEvent&)>& sink) {
  device_.executor->drain_trace(sink);
}

void Control::set_window_origin(Nanos origin) { device_.plans->restart(origin); }

std::shared_ptr<const Plan> Control::plan() const { return device_.plans->first(); }

Status Control::set_plan(const PlanChange& change) { return device_.plans->add(change); }

void Control::add_graphs(std::vector<DispatchGraph> graphs) {
  device_.graphs->add_graphs(std::move(graphs));
}

void Control::submit_host(HostWork work) { start_host_work(device_, std::move(work)); }

size_t Control::plans_held() const { return device_.plans->held(); }

void Control::set_random_order(std::optional<uint64_t> seed) {
  device_.random_order_seed = seed.value_or(0);
  device_.random_order = seed.has_value();
}

Status Control::set_serial(int width, int first_lane) {
  const int lanes = int(device_.executor->lanes());
  if (policy_ != "serial")
    return bad_input("policy '" + policy_ + "' has no width; create the device with "
                     "policy=serial");
  if (width < 1 || first_lane < 0 || first_lane + width > lanes)
    return bad_input("serial: lanes " + std::to_string(first_lane) + " to " +
                     std::to_string(first_lane + width - 1) + " of " + std::to_string(lanes));
  device_.serial_lanes = uint32_t(first_lane) << 16 | uint32_t(first_lane + width);
  return {};
}

}  // namespace takt
