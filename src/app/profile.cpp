#include "app/profile.h"

#include <algorithm>
#include <map>

#include "app/build_info.h"
#include "app/device.h"
#include "app/session.h"
#include "base/clock.h"

namespace takt {
namespace {

// One function on one lane class at one width.
struct Cell {
  const ProfileTarget* target = nullptr;
  std::string lane_class;
  int first_lane = 0;
  int width = 1;
  std::vector<CostKey> missing;   // keys to measure; the cell is skipped when empty
};

using Samples = std::map<CostKey, std::vector<Nanos>>;

uint64_t tiles(const GraphOp& op) {
  return op.kind == OpKind::kDispatch
             ? uint64_t{op.workgroups[0]} * op.workgroups[1] * op.workgroups[2]
             : 1;
}

CostKey op_key(const DispatchGraph& graph, const GraphOp& op, const Cell& cell) {
  const CostSubject subject = cost_subject(graph, op);
  return {subject.kernel_hash, subject.workgroups, cell.lane_class, cell.width, "default"};
}

CostKey submit_key(const Cell& cell) {
  return {submit_cost_name(cell.target->module, cell.target->function), {1, 1, 1},
          cell.lane_class, 1, "default"};
}

std::string entry_of(const DispatchGraph& graph, const GraphOp& op) {
  if (op.kind != OpKind::kDispatch) return std::string(name_of(op.kind));
  return graph.kernels[op.kernel.value()].entry;
}

// The costs that `cell` would measure. A width above the number of tiles says nothing.
std::map<CostKey, std::string> wanted(const Cell& cell) {
  std::map<CostKey, std::string> keys;
  const ProfileTarget& target = *cell.target;
  for (const GraphOp& op : target.graph.find(target.function)->ops)
    if (tiles(op) >= static_cast<uint64_t>(cell.width))
      keys.emplace(op_key(target.graph, op, cell), entry_of(target.graph, op));
  if (cell.width == 1) keys.emplace(submit_key(cell), "submit");
  return keys;
}

struct LaneClass {
  std::string name;
  int first_lane = 0;
  int cores = 0;     // of the largest cluster of this class
};

std::vector<LaneClass> lane_classes(const Soc& soc) {
  std::vector<LaneClass> classes;
  int first_lane = 0;
  for (const Cluster& cluster : soc.clusters) {
    const auto same = std::find_if(classes.begin(), classes.end(), [&](const LaneClass& c) {
      return c.name == cluster.core_class;
    });
    if (same == classes.end()) {
      classes.push_back({cluster.core_class, first_lane, cluster.cores});
    } else if (cluster.cores > same->cores) {
      *same = {cluster.core_class, first_lane, cluster.cores};
    }
    first_lane += cluster.cores;
  }
  return classes;
}

Result<std::vector<Cell>> cells_to_measure(const std::vector<ProfileTarget>& targets,
                                           const Soc& soc, CostDb& db, const std::string& host,
                                           int& known) {
  std::vector<Cell> cells;
  for (const ProfileTarget& target : targets) {
    for (const LaneClass& lane_class : lane_classes(soc)) {
      for (int width = 1; width <= lane_class.cores; width *= 2) {
        Cell cell{&target, lane_class.name, lane_class.first_lane, width, {}};
        for (const auto& [key, entry] : wanted(cell)) {
          TAKT_ASSIGN(const bool has, db.has(host, key));
          if (has) ++known;
          else cell.missing.push_back(key);
        }
        if (!cell.missing.empty()) cells.push_back(std::move(cell));
      }
    }
  }
  return cells;
}

// A sharded operation lasts from the first lane's begin to the last lane's end.
void collect_ops(DeviceControl& control, const Cell& cell, Samples& samples) {
  struct Span {
    Nanos begin = Nanos::max();
    Nanos end = Nanos::min();
  };
  std::map<uint32_t, Span> spans;
  control.drain_trace([&](const TraceEvent& event) {
    if (event.kind != TraceEvent::Kind::kOp) return;
    Span& span = spans[event.op];
    span.begin = std::min(span.begin, event.begin);
    span.end = std::max(span.end, event.end);
  });
  const ProfileTarget& target = *cell.target;
  const auto& ops = target.graph.find(target.function)->ops;
  for (const auto& [op, span] : spans) {
    if (op >= ops.size()) continue;   // an operation outside of the graph
    // Clocks tick: a kernel that is over within one tick still took time.
    const Nanos duration = std::max(span.end - span.begin, Nanos(1));
    samples[op_key(target.graph, ops[op], cell)].push_back(duration);
  }
}

Result<Samples> measure(const Cell& cell, const std::shared_ptr<Device>& device,
                        const ProfileOptions& options) {
  DeviceControl& control = *device->control();
  TAKT_TRY(control.set_serial(cell.width, cell.first_lane));
  TAKT_ASSIGN(const auto session, Session::create(device, {cell.target->vmfb}));
  const GraphFunction* function = cell.target->graph.find(cell.target->function);
  TAKT_ASSIGN(const auto call, Call::create(*session, cell.target->function, /*seed=*/1,
                                            function->declaration));
  for (int i = 0; i < options.warmup_calls; ++i) TAKT_TRY(call->run());
  control.drain_trace([](const TraceEvent&) {});

  Samples samples;
  const Nanos begin = monotonic_now();
  for (int i = 0; i < options.calls_max; ++i) {
    if (i >= options.calls_min && monotonic_now() - begin >= options.cell_time) break;
    const Nanos submit_begin = monotonic_now();
    TAKT_TRY(call->submit());
    const Nanos submit_end = monotonic_now();
    TAKT_TRY(call->wait(call->calls()));
    if (cell.width == 1) samples[submit_key(cell)].push_back(submit_end - submit_begin);
    collect_ops(control, cell, samples);
  }
  return samples;
}

Result<std::shared_ptr<Device>> serial_device(const std::vector<ProfileTarget>& targets,
                                              const Soc& soc) {
  DeviceOptions options;
  for (const ProfileTarget& target : targets)
    if (std::find(options.graphs.begin(), options.graphs.end(), target.graph_path) ==
        options.graphs.end())
      options.graphs.push_back(target.graph_path);
  for (const Lane& lane : soc.lanes)
    if (lane.kind == Lane::Kind::kCore) options.cpus.push_back(lane.cpu);
  options.policy = "serial";
  options.inline_submit = false;   // the lane runs everything, on its own cpu
  options.trace_capacity = 1 << 14;
  return Device::create_takt(options);
}

}  // namespace

Result<ProfileSummary> profile(const std::vector<ProfileTarget>& targets, const Soc& soc,
                               CostDb& db, const std::string& host,
                               const ProfileOptions& options) {
  ProfileSummary summary;
  TAKT_ASSIGN(const std::vector<Cell> cells,
              cells_to_measure(targets, soc, db, host, summary.known));
  if (cells.empty()) return summary;
  TAKT_ASSIGN(const std::shared_ptr<Device> device, serial_device(targets, soc));

  const Nanos begin = monotonic_now();
  ProfileProgress progress{0, static_cast<int>(cells.size()), "", Nanos(0), Nanos(0)};
  for (const Cell& cell : cells) {
    if (options.stop && options.stop->load()) {
      summary.stopped = true;
      return summary;
    }
    progress.what = cell.target->module + ", " + cell.lane_class + ", width " +
                    std::to_string(cell.width);
    progress.elapsed = monotonic_now() - begin;
    progress.left = progress.done == 0
                        ? options.cell_time * progress.total
                        : progress.elapsed * (progress.total - progress.done) / progress.done;
    if (options.progress) options.progress(progress);

    TAKT_ASSIGN(Samples samples, measure(cell, device, options));
    const std::map<CostKey, std::string> entries = wanted(cell);
    for (const CostKey& key : cell.missing) {
      const auto found = samples.find(key);
      if (found == samples.end())
        return failed(cell.target->module + ": kernel " + entries.at(key) +
                      " did not run while it was profiled; recompile the module");
      TAKT_TRY(db.record(host, key, {entries.at(key), cell.target->module, kTaktVersion},
                         found->second));
      ++summary.measured;
    }
    ++progress.done;
  }
  progress.elapsed = monotonic_now() - begin;
  progress.left = Nanos(0);
  progress.what = "done";
  if (options.progress) options.progress(progress);
  return summary;
}

}  // namespace takt
