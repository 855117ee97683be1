// Random but valid model values for tests: the same seed gives the same value.
#pragma once

#include <string>

#include "base/rng.h"
#include "model/dispatch_graph.h"
#include "model/plan.h"
#include "model/soc.h"
#include "model/workload.h"

namespace takt {

inline std::string random_name(Rng& rng, const char* prefix, size_t index) {
  std::string name = std::string(prefix) + std::to_string(index) + "_";
  for (uint64_t i = rng.below(4); i-- > 0;) name += static_cast<char>('a' + rng.below(26));
  return name;
}

// Text with everything a JSON string must escape.
inline std::string random_text(Rng& rng) {
  static const char* const kPieces[] = {"a", "\"", "\\", "\n", "\t", "é", "/", "{", "]", " ", "0"};
  std::string text;
  for (uint64_t i = rng.below(8); i-- > 0;) text += kPieces[rng.below(std::size(kPieces))];
  return text;
}

inline GraphOp random_op(Rng& rng, const DispatchGraph& graph, const GraphFunction& function) {
  GraphOp op;
  const size_t index = function.ops.size();
  op.kind = graph.kernels.empty() ? OpKind::kFill : static_cast<OpKind>(rng.below(3));
  if (op.kind == OpKind::kDispatch) {
    op.kernel = KernelId(static_cast<uint32_t>(rng.below(graph.kernels.size())));
    for (uint32_t& count : op.workgroups) count = static_cast<uint32_t>(rng.between(1, 64));
  } else {
    op.bytes = rng.between(0, 1 << 20);
  }
  const GraphOp* last = index ? &function.ops.back() : nullptr;
  op.region = last ? std::min<uint32_t>(last->region + static_cast<uint32_t>(rng.below(2)),
                                        function.regions - 1)
                   : 0;
  op.position = last && last->region == op.region
                    ? last->position + 1 + static_cast<uint32_t>(rng.below(3))
                    : 0;
  op.wave = static_cast<uint32_t>(index / 2);
  for (uint64_t i = function.resources.empty() ? 0 : rng.below(4); i-- > 0;) {
    Access access;
    access.resource = static_cast<uint32_t>(rng.below(function.resources.size()));
    const int64_t size = function.resources[access.resource].size;
    access.range.offset = rng.between(0, size < 0 ? 1 << 20 : size);
    access.range.length = rng.between(0, size < 0 ? 1 << 20 : size - access.range.offset);
    access.reads = rng.below(2) != 0;
    access.writes = !access.reads || rng.below(2) != 0;
    access.exact = rng.below(2) != 0;
    op.accesses.push_back(access);
  }
  for (uint32_t before = 0; before < index; ++before)
    if (rng.below(3) == 0)
      op.deps.push_back({before, static_cast<DependencyKind>(rng.below(4)), rng.between(0, 4096)});
  return op;
}

inline DispatchGraph random_graph(Rng& rng) {
  DispatchGraph graph;
  graph.module_name = random_text(rng);
  graph.source = random_text(rng);
  graph.vmfb = "m.vmfb";
  graph.vmfb_hash = "00ff";
  graph.compiler_version = random_text(rng);
  graph.inputs_hash = random_text(rng);
  for (uint64_t i = rng.below(3); i-- > 0;) graph.flags.push_back(random_text(rng));
  for (uint64_t i = rng.below(4); i-- > 0;)
    graph.kernels.push_back({random_text(rng), random_text(rng), random_text(rng)});
  for (uint64_t f = 0, count = rng.below(3); f < count; ++f) {
    GraphFunction function;
    function.name = random_name(rng, "f", f);
    function.declaration = random_text(rng);
    function.plannable = rng.below(4) != 0;
    function.reason = function.plannable ? "" : "dynamic shapes";
    function.regions = static_cast<uint32_t>(rng.between(1, 3));
    for (uint64_t i = rng.below(4); i-- > 0;)
      function.resources.push_back({random_text(rng), rng.between(-1, 4096)});
    for (uint64_t i = rng.below(10); i-- > 0;)
      function.ops.push_back(random_op(rng, graph, function));
    graph.functions.push_back(std::move(function));
  }
  return graph;
}

}  // namespace takt
