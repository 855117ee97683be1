#include "model/dispatch_graph.h"

#include <gtest/gtest.h>

#include "model/random_model.h"

namespace takt {
namespace {

TEST(DispatchGraph, WrittenAndReadAgainIsTheSame) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const std::string text = write_graph(random_graph(rng));
    const Result<DispatchGraph> graph = parse_graph(text, "g.json");
    ASSERT_TRUE(graph.ok()) << graph.error().message << "\n" << text;
    EXPECT_EQ(write_graph(*graph), text);
  }
}

TEST(DispatchGraph, EveryFieldIsRead) {
  Rng rng(7);
  DispatchGraph written = random_graph(rng);
  while (written.functions.empty() || written.functions[0].ops.size() < 3)
    written = random_graph(rng);
  const Result<DispatchGraph> read = parse_graph(write_graph(written), "g.json");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->module_name, written.module_name);
  EXPECT_EQ(read->inputs_hash, written.inputs_hash);
  EXPECT_EQ(read->flags, written.flags);
  ASSERT_EQ(read->kernels.size(), written.kernels.size());
  ASSERT_EQ(read->functions.size(), written.functions.size());
  const GraphOp& a = written.functions[0].ops[2];
  const GraphOp& b = read->functions[0].ops[2];
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.kernel, b.kernel);
  EXPECT_EQ(a.workgroups, b.workgroups);
  EXPECT_EQ(a.position, b.position);
  ASSERT_EQ(a.accesses.size(), b.accesses.size());
  ASSERT_EQ(a.deps.size(), b.deps.size());
  for (size_t i = 0; i < a.accesses.size(); ++i) {
    EXPECT_EQ(a.accesses[i].range.offset, b.accesses[i].range.offset);
    EXPECT_EQ(a.accesses[i].reads, b.accesses[i].reads);
    EXPECT_EQ(a.accesses[i].writes, b.accesses[i].writes);
    EXPECT_EQ(a.accesses[i].exact, b.accesses[i].exact);
  }
}

TEST(DispatchGraph, CostSubjectNamesKernelOrBytes) {
  DispatchGraph graph;
  graph.kernels.push_back({"entry", "hash", "binary"});
  GraphOp dispatch;
  dispatch.kernel = KernelId(0u);
  dispatch.workgroups = {4, 2, 1};
  EXPECT_EQ(cost_subject(graph, dispatch).kernel_hash, "hash");
  EXPECT_EQ(cost_subject(graph, dispatch).workgroups, dispatch.workgroups);

  GraphOp fill;
  fill.kind = OpKind::kFill;
  fill.bytes = 4096;
  EXPECT_EQ(cost_subject(graph, fill).kernel_hash, "fill");
  EXPECT_EQ(cost_subject(graph, fill).workgroups, (std::array<uint32_t, 3>{4096, 1, 1}));

  GraphOp copy;   // two sizes that agree in their low 32 bits are two subjects
  copy.kind = OpKind::kCopy;
  copy.bytes = (int64_t{1} << 32) + 4096;
  EXPECT_EQ(cost_subject(graph, copy).kernel_hash, "copy");
  EXPECT_NE(cost_subject(graph, copy).workgroups, cost_subject(graph, fill).workgroups);
}

}  // namespace
}  // namespace takt
