// Dependencies of a function's operations from the bytes they touch.
#pragma once

#include <vector>

#include "compile/resources.h"
#include "model/dispatch_graph.h"

namespace takt::compile {

// What the graph's Access does not say but the dependencies need.
struct AccessDetail {
  bool covers = false;   // a write leaves no byte of the range as it was
  bool located = true;   // false: the range says nothing about where in the resource it is
};
using OpDetails = std::vector<std::vector<AccessDetail>>;  // parallel to ops and accesses

// Sets GraphOp::deps. An earlier access is not followed past a write that covers its bytes:
// that write's own dependencies lead there. Operations of one wave depend on each other only
// if both ranges are exact: there is no barrier between them, so IREE itself knows better.
void add_dependencies(std::vector<GraphOp>& ops, const OpDetails& details,
                      const Resources& resources);

// Adds kOrder: every operation of region `later` waits for the host to see region `earlier`
// done. Only the last operations of the one and the first of the other get an edge.
void add_region_order(std::vector<GraphOp>& ops, uint32_t earlier, uint32_t later);

}  // namespace takt::compile
