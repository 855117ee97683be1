#include "compile/extract.h"

#include <gmock/gmock.h>

#include "compile/test_models.h"

namespace takt::compile {
namespace {

using ::testing::HasSubstr;

class ExtractTest : public CompileTest {};

const GraphFunction& only_plannable(const DispatchGraph& graph, const std::string& name) {
  static const GraphFunction kNone;
  const GraphFunction* function = graph.find(name);
  EXPECT_TRUE(function && function->plannable) << (function ? function->reason : "missing");
  return function ? *function : kNone;
}

const Access* access_of(const GraphFunction& function, const GraphOp& op,
                        const std::string& resource, bool writes) {
  for (const Access& access : op.accesses)
    if (function.resources[access.resource].name == resource && access.writes == writes)
      return &access;
  return nullptr;
}

bool depends(const GraphOp& op, uint32_t on, DependencyKind kind) {
  for (const Dependency& dep : op.deps)
    if (dep.op == on && dep.kind == kind) return true;
  return false;
}

TEST_F(ExtractTest, LayersInARowDependOnEachOther) {
  const DispatchGraph g = graph(kMlp);
  const GraphFunction& main = only_plannable(g, "main");
  ASSERT_EQ(main.ops.size(), 2u);
  EXPECT_EQ(main.regions, 1u);
  EXPECT_THAT(main.declaration, HasSubstr("@main(%input0: tensor<1x48xf32>)"));
  EXPECT_TRUE(main.ops[0].deps.empty());
  ASSERT_EQ(main.ops[1].deps.size(), 1u);
  EXPECT_TRUE(depends(main.ops[1], 0, DependencyKind::kTrue));
  EXPECT_EQ(main.ops[1].deps[0].bytes, 64 * 4);
  EXPECT_EQ(main.ops[1].wave, 1u);
  const Access* input = access_of(main, main.ops[0], "arg0", false);
  ASSERT_TRUE(input);
  EXPECT_EQ(input->range.offset, 0);
  EXPECT_EQ(input->range.length, 48 * 4);
  EXPECT_TRUE(input->exact);
}

TEST_F(ExtractTest, BranchesShareASlabButNotItsBytes) {
  const DispatchGraph g = graph(kBranches);
  const GraphFunction& main = only_plannable(g, "main");
  ASSERT_EQ(main.ops.size(), 2u);
  EXPECT_EQ(main.ops[0].wave, main.ops[1].wave);
  EXPECT_TRUE(main.ops[1].deps.empty());
  const Access* first = access_of(main, main.ops[0], "result0", true);
  const Access* second = access_of(main, main.ops[1], "result0", true);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->range.length, 32 * 32 * 4);
  EXPECT_EQ(second->range.length, 32 * 16 * 4);
  EXPECT_FALSE(first->range.overlaps(second->range));
}

TEST_F(ExtractTest, SlicesNarrowWhatAKernelReads) {
  const DispatchGraph g = graph(kSlices);
  const GraphFunction& main = only_plannable(g, "main");
  ASSERT_EQ(main.ops.size(), 3u);
  const Access* rows = access_of(main, main.ops[0], "arg0", false);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->range.offset, 16 * 64 * 4);
  EXPECT_EQ(rows->range.length, 16 * 64 * 4);
  EXPECT_EQ(main.ops[1].kind, OpKind::kCopy);
  EXPECT_EQ(main.ops[1].bytes, 64 * 64 * 4);
  EXPECT_EQ(main.ops[2].kind, OpKind::kCopy);
  EXPECT_TRUE(depends(main.ops[2], 0, DependencyKind::kTrue));
  EXPECT_TRUE(depends(main.ops[2], 1, DependencyKind::kOutput));
  EXPECT_EQ(main.ops[2].position, 2u);
  EXPECT_EQ(main.ops[2].wave, 1u);
}

TEST_F(ExtractTest, OneKernelWithOffsetsAsOperands) {
  const DispatchGraph g = graph(stacked_layers(5));
  const GraphFunction& main = only_plannable(g, "main");
  for (uint32_t i = 0; i < main.ops.size(); ++i)
    for (const Access& access : main.ops[i].accesses)
      EXPECT_TRUE(access.exact) << "operation " << i;
  // Each layer overwrites what the layer two before it wrote, which the one before it read.
  bool reused = false;
  for (const GraphOp& op : main.ops)
    for (const Dependency& dep : op.deps) reused |= dep.kind == DependencyKind::kAnti;
  EXPECT_TRUE(reused);
  for (uint32_t i = 1; i < main.ops.size(); ++i)
    EXPECT_TRUE(depends(main.ops[i], i - 1, DependencyKind::kTrue)) << i;
}

TEST_F(ExtractTest, SeveralFunctionsRegionsFillsAndState) {
  const DispatchGraph g = graph(kSeveral);
  EXPECT_EQ(g.module_name, "several");
  const GraphFunction& step = only_plannable(g, "step");
  ASSERT_EQ(step.ops.size(), 2u);
  EXPECT_EQ(step.regions, 2u);
  EXPECT_EQ(step.ops[1].kind, OpKind::kCopy);  // into the new state, after the answer is out
  EXPECT_EQ(step.ops[1].region, 1u);
  EXPECT_EQ(step.ops[1].position, 0u);
  EXPECT_TRUE(depends(step.ops[1], 0, DependencyKind::kTrue));
  EXPECT_TRUE(depends(step.ops[1], 0, DependencyKind::kAnti));  // the old state may be the new
  EXPECT_TRUE(depends(step.ops[1], 0, DependencyKind::kOrder));
  EXPECT_EQ(only_plannable(g, "twice").ops.size(), 1u);
  const GraphFunction& pad = only_plannable(g, "pad");
  ASSERT_EQ(pad.ops.size(), 2u);
  EXPECT_EQ(pad.ops[0].kind, OpKind::kFill);
  EXPECT_EQ(pad.ops[0].bytes, 12 * 12 * 4);
  EXPECT_TRUE(depends(pad.ops[1], 0, DependencyKind::kOutput));
  const Access* inner = access_of(pad, pad.ops[1], "result0", true);
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->range.offset, (2 * 12 + 2) * 4);
  EXPECT_EQ(inner->range.length, (7 * 12 + 8) * 4);
  const GraphFunction* identity = g.find("identity");
  ASSERT_TRUE(identity);
  EXPECT_FALSE(identity->plannable);
  EXPECT_THAT(identity->reason, HasSubstr("no dispatches"));
}

TEST_F(ExtractTest, WhatCannotBePlannedSaysWhy) {
  const DispatchGraph dynamic = graph(kDynamic);
  ASSERT_EQ(dynamic.functions.size(), 1u);
  EXPECT_FALSE(dynamic.functions[0].plannable);
  EXPECT_TRUE(dynamic.functions[0].ops.empty());
  EXPECT_THAT(dynamic.functions[0].reason, HasSubstr("dynamic shapes"));
  const DispatchGraph loop = graph(kLoop);
  ASSERT_EQ(loop.functions.size(), 1u);
  EXPECT_FALSE(loop.functions[0].plannable);
  EXPECT_THAT(loop.functions[0].reason, HasSubstr("control flow"));
}

TEST_F(ExtractTest, TheWrapperLeadsToTheFunctionBehindIt) {
  const DispatchGraph g = graph(kTorch);
  ASSERT_EQ(g.functions.size(), 2u);
  EXPECT_EQ(only_plannable(g, "main").name, "main$async");
  for (const GraphFunction& function : g.functions)
    EXPECT_THAT(function.reason, HasSubstr(function.name == "main" ? "@main$async" : ""));
}

TEST_F(ExtractTest, ABufferThatCannotBeTracedMayBeAnyOther) {
  const DispatchGraph g = graph(kBarrier);
  const GraphFunction& main = only_plannable(g, "main");
  ASSERT_EQ(main.ops.size(), 2u);
  EXPECT_EQ(main.ops[0].kind, OpKind::kFill);
  EXPECT_TRUE(depends(main.ops[1], 0, DependencyKind::kTrue));
  EXPECT_TRUE(depends(main.ops[1], 0, DependencyKind::kOrder));  // the host waits in between
}

TEST_F(ExtractTest, FavouringConcurrencySplitsTheSlab) {
  const std::string text = random_network(7, 10);
  const DispatchGraph narrow = graph(text);
  CompileOptions options;
  options.flags = {"--iree-stream-partitioning-favor=max-concurrency"};
  const DispatchGraph wide = graph(text, options);
  const auto waves = [](const DispatchGraph& g) {
    uint32_t last = 0;
    for (const GraphOp& op : only_plannable(g, "main").ops) last = std::max(last, op.wave);
    return last + 1;
  };
  EXPECT_EQ(only_plannable(wide, "main").ops.size(), only_plannable(narrow, "main").ops.size());
  EXPECT_LE(waves(wide), waves(narrow));
}

}  // namespace
}  // namespace takt::compile
