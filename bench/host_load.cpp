#include "bench/host_load.h"

#include <algorithm>
#include <numeric>

namespace takt::bench {
namespace {

// Near its natural rates where the suites are: the robot's two small networks alone would have to
// run at 5 kHz, where a wake-up is a tenth of a period.
constexpr const char* kWorkload = "robot-heavy.yaml";

// Time of one window on one core each, of the time that the lanes have.
double load_pct_of(const Instance& instance) {
  Nanos work(0);
  for (const Operation& op : instance.operations) {
    Nanos least = Nanos::max();
    for (const Mode& mode : op.modes)
      if (mode.demands.front().count == 1) least = std::min(least, mode.duration);
    if (least != Nanos::max()) work += least;
  }
  return 100.0 * double(work.ns) /
         (double(instance.horizon.ns) * double(instance.lane_names.size()));
}

}  // namespace

Result<HostLoad> prepare_host_load(const Options& options) {
  HostLoad host;
  TAKT_ASSIGN(host.prepared, prepare_examples(options, kWorkload));
  const Prepared& prepared = host.prepared;
  host.natural = prepared.compiled.workload;
  TAKT_ASSIGN(BuiltInstance built,
              build_instance(host.natural, prepared.compiled.graphs(), prepared.soc,
                             prepared.costs));
  host.instance = std::move(built.instance);
  host.natural_pct = load_pct_of(host.instance);
  return host;
}

Result<std::shared_ptr<Device>> host_device(const Prepared& prepared, const std::string& policy,
                                            const std::string& plan_path) {
  DeviceOptions options = mission_device_options(prepared.compiled, prepared.soc, plan_path);
  options.policy = policy;
  return Device::create_takt(options);
}

void set_load(int load_pct, HostLoad& host) {
  const int64_t percent = std::max<int64_t>(1, int64_t(100 * host.natural_pct / load_pct));
  Workload& workload = host.prepared.compiled.workload;
  workload = host.natural;
  for (Task& task : workload.tasks) {
    int64_t ns = task.period.num_ns * percent, den = task.period.den * 100;
    const int64_t common = std::gcd(ns, den);
    task.period = {ns / common, den / common};
    task.deadline = task.deadline * percent / 100;
    task.phase = task.phase * percent / 100;
  }
  for (Chain& chain : workload.chains) chain.deadline = chain.deadline * percent / 100;
}

}  // namespace takt::bench
