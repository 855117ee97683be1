// PlanIndex: the dispatch graphs and the plan of a device, ready for lookups: which
// region of which function is this command buffer, and what does the plan say about it.
//
// A command buffer is matched by the hash of its executables' bytes, the entry point and
// the workgroup counts at every position; never by name alone. What a match returns lives
// as long as the index. Thread-safe: executables and matches under a mutex (cold paths).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "hal/command_buffer.h"
#include "hal/takt_driver.h"
#include "model/dispatch_graph.h"
#include "model/plan.h"
#include "run/submission.h"

namespace takt {

// One region of one function, as commands; and what the plan has for it.
struct PlannedRegion {
  const DispatchGraph* graph = nullptr;
  const GraphFunction* function = nullptr;
  uint32_t region = 0;
  std::vector<uint32_t> ops;                      // graph op of each command
  std::vector<std::vector<uint32_t>> deps;        // of each command, on earlier commands
  std::map<uint32_t, std::vector<Assignment>> tasks;   // by task: one per job of the window
  std::string place() const;                      // "module, main, region 0"
};

class PlanIndex {
 public:
  // Reads options.plan with its graphs, or options.graphs. kUsage when a file does not
  // read, the plan is not valid (verify) or is for more lanes than there are.
  static Result<std::unique_ptr<PlanIndex>> load(const DeviceOptions& options, uint32_t lanes);

  bool has_plan() const { return has_plan_; }
  const Plan& plan() const { return plan_; }

  void add_executable(const iree_hal_executable_t* executable, std::string_view bytes);

  // The region these commands are; nullptr when no graph knows them. kUsage when a graph
  // knows them but not in this order: names position, expected and found.
  Result<const PlannedRegion*> match(std::span<const RecordedCommand> commands);

  // What the plan says about job `number` of `task`; nullptr when nothing.
  const Assignment* find(const PlannedRegion& region, uint32_t task, uint64_t number) const;
  // The same for a caller that names no job: the first job of the first task that calls
  // this function.
  const Assignment* find_any(const PlannedRegion& region) const;
  // Start of the window that job `number` of `task` belongs to.
  Nanos window_of(uint32_t task, uint64_t number, Nanos origin) const;

 private:
  void index_graph(const DispatchGraph& graph, uint32_t module);
  void index_region(const DispatchGraph& graph, const GraphFunction& function, uint32_t region,
                    uint32_t module);
  void assign(PlannedRegion& region, uint32_t module);
  std::string difference(const PlannedRegion& region, const RecordedCommand& command,
                         size_t position, const std::string& binary) const;

  bool has_plan_ = false;
  uint32_t lanes_ = 0;
  Plan plan_;
  std::vector<DispatchGraph> graphs_;
  std::vector<std::unique_ptr<PlannedRegion>> regions_;
  std::mutex mutex_;
  std::map<const void*, std::string> binaries_;   // executable -> hash of its bytes
};

}  // namespace takt
