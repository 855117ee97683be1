// Plan -> IR: writes the schedule on every stream.cmd.dispatch of the plan in the
// stream-phase IR of a model, as discardable attributes
//   iree.scheduling.start_time_ns   i64, from the start of the window
//   iree.scheduling.affinity        i64 mask of lanes; a dense array of such words, lowest
//                                   first, if the plan has more than 64 lanes
//   iree.scheduling.resource        string, lane names joined by "+": "big.0+big.1"
// A function that several tasks or jobs of the plan call gets the values of the first job
// of the first of them. IREE drops the attributes in its hal phase: the .vmfb stays the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/ids.h"

namespace takt::compile {

struct AnnotateOptions {
  std::string module;          // name of the plan's module this model is; "" = found by content
  bool with_vmfb = false;      // go on to the .vmfb
};

struct AnnotatedModule {
  std::string text;            // annotated stream-phase IR
  std::string vmfb;            // bytes, if asked for
  size_t dispatches = 0;       // annotated
};

// kUsage if the model is not the plan's, or an operation's kernel or position differs: the
// message says which.
Result<AnnotatedModule> annotate(const std::string& model_path, const std::string& plan_path,
                                 const AnnotateOptions& options);

struct Annotation {
  std::string function;
  uint32_t graph_op = 0;       // index into GraphFunction::ops
  Nanos start;
  std::vector<LaneId> lanes;   // ascending
  std::string resource;
};

// The annotations in stream-phase IR text, in the order of functions and operations.
// `name` stands in diagnostics. kUsage if the text is not such IR or an annotation is broken.
Result<std::vector<Annotation>> read_annotations(std::string_view text, const std::string& name);

}  // namespace takt::compile
