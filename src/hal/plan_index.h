// PlanIndex: the dispatch graphs of a device, ready for lookups: which region of which function is
// this command buffer? What plans say about it is in plan_book.h.
//
// A command buffer is matched by the hash of its executables' bytes, the entry point and
// the workgroup counts at every position; never by name alone. What a match returns lives
// as long as the index. Thread-safe: under a mutex (cold paths).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "hal/command_buffer.h"
#include "model/dispatch_graph.h"

namespace takt {

// One region of one function, as commands.
struct PlannedRegion {
  const DispatchGraph* graph = nullptr;
  const GraphFunction* function = nullptr;
  uint32_t region = 0;
  std::vector<uint32_t> ops;                      // graph op of each command
  std::vector<std::vector<uint32_t>> deps;        // of each command, on earlier commands
  std::string place() const;                      // "module, main, region 0"
};

class PlanIndex {
 public:
  // Those that it has (by .vmfb hash) are left out.
  void add_graphs(std::vector<DispatchGraph> graphs);
  // nullptr: not there.
  const DispatchGraph* graph(const std::string& vmfb_hash) const;
  // In region order; empty when the function is not plannable.
  std::vector<const PlannedRegion*> regions_of(const DispatchGraph& graph,
                                               const std::string& function) const;

  void add_executable(const iree_hal_executable_t* executable, std::string_view bytes);

  // The region these commands are; nullptr when no graph knows them. kUsage when a graph
  // knows them but not in this order: names position, expected and found.
  Result<const PlannedRegion*> match(std::span<const RecordedCommand> commands);

 private:
  void index_graph(const DispatchGraph& graph);
  void index_region(const DispatchGraph& graph, const GraphFunction& function, uint32_t region);
  std::string difference(const PlannedRegion& region, const RecordedCommand& command,
                         size_t position, const std::string& binary) const;

  mutable std::mutex mutex_;                      // guards what follows
  std::deque<DispatchGraph> graphs_;
  std::vector<std::unique_ptr<PlannedRegion>> regions_;
  std::map<const void*, std::string> binaries_;   // executable -> hash of its bytes
};

}  // namespace takt
