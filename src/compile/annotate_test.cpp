#include "compile/annotate.h"

#include <gmock/gmock.h>

#include "base/content_hash.h"
#include "compile/test_models.h"
#include "model/plan.h"

namespace takt::compile {
namespace {

using ::testing::HasSubstr;

class AnnotateTest : public CompileTest {
 protected:
  // A plan with random starts and lanes for one task per plannable function of the module.
  Plan plan_of(const CompiledModule& module, size_t lanes, uint64_t seed) {
    Rng rng(seed);
    Plan plan;
    plan.instance_hash = content_hash("instance");
    plan.soc_name = "soc";
    for (size_t lane = 0; lane < lanes; ++lane) plan.lanes.push_back("big." + std::to_string(lane));
    plan.window = millis(10);
    plan.modules.push_back({"net", std::filesystem::path(module.graph_path).filename().string(),
                            content_hash(write_graph(module.graph)), module.graph.vmfb_hash});
    for (const GraphFunction& function : module.graph.functions)
      if (function.plannable) add_task(plan, module.graph, function, rng);
    return plan;
  }

  static void add_task(Plan& plan, const DispatchGraph& graph, const GraphFunction& function,
                       Rng& rng) {
    PlanTask task;
    task.name = "task-" + function.name;
    task.module = ModuleId(0u);
    task.function = function.name;
    task.deadline = Nanos::max();
    task.jobs = 2;
    const TaskId id(plan.tasks.size());
    plan.tasks.push_back(task);
    for (uint32_t job = 0; job < task.jobs; ++job) {
      for (uint32_t i = 0; i < function.ops.size(); ++i) {
        PlanOp op;
        op.task = id;
        op.job = job;
        op.graph_op = i;
        op.kernel_hash = cost_subject(graph, function.ops[i]).kernel_hash;
        op.start = Nanos(rng.between(0, 5'000'000));
        op.duration = Nanos(1000);
        const size_t first = rng.below(plan.lanes.size() - 1);
        op.lanes = {LaneId(first), LaneId(plan.lanes.size() - 1)};
        plan.operations.push_back(op);
      }
    }
  }

  std::string write_plan_file(const Plan& plan) { return write("plan.json", write_plan(plan)); }
};

void expect_first_jobs(const Plan& plan, const DispatchGraph& graph,
                       const std::vector<Annotation>& annotations) {
  std::vector<const PlanOp*> expected;
  for (const PlanOp& op : plan.operations) {
    const GraphFunction* function = graph.find(plan.tasks[op.task.value()].function);
    if (op.job == 0 && function->ops[op.graph_op].kind == OpKind::kDispatch)
      expected.push_back(&op);
  }
  ASSERT_EQ(annotations.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(annotations[i].function, plan.tasks[expected[i]->task.value()].function);
    EXPECT_EQ(annotations[i].graph_op, expected[i]->graph_op);
    EXPECT_EQ(annotations[i].start, expected[i]->start);
    EXPECT_EQ(annotations[i].lanes, expected[i]->lanes);
    EXPECT_EQ(annotations[i].resource, plan.lanes[expected[i]->lanes[0].value()] + "+" +
                                           plan.lanes[expected[i]->lanes[1].value()]);
  }
}

TEST_F(AnnotateTest, WhatIsWrittenIsReadBackAndTheModuleIsTheSame) {
  const Result<CompiledModule> module = compile("net.mlir", kSeveral);
  ASSERT_TRUE(module.ok()) << module.error().message;
  for (const size_t lanes : {2, 64, 65, 200}) {
    SCOPED_TRACE(std::to_string(lanes) + " lanes");
    const Plan plan = plan_of(*module, lanes, /*seed=*/lanes);
    AnnotateOptions options;
    options.with_vmfb = lanes == 2;
    const Result<AnnotatedModule> annotated =
        annotate(path("net.mlir"), write_plan_file(plan), options);
    ASSERT_TRUE(annotated.ok()) << annotated.error().message;
    EXPECT_THAT(annotated->text, HasSubstr("iree.scheduling.start_time_ns"));
    EXPECT_EQ(annotated->text.find("array<i64") != std::string::npos, lanes > 64);
    const auto read = read_annotations(annotated->text, "annotated.mlir");
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->size(), annotated->dispatches);
    expect_first_jobs(plan, module->graph, *read);
    if (options.with_vmfb) {
      EXPECT_EQ(content_hash(annotated->vmfb), module->graph.vmfb_hash);
    }
  }
}

TEST_F(AnnotateTest, AKernelThatDiffersIsNamed) {
  const Result<CompiledModule> module = compile("net.mlir", kMlp);
  ASSERT_TRUE(module.ok()) << module.error().message;
  Plan plan = plan_of(*module, 2, 1);
  plan.operations[1].kernel_hash = content_hash("another kernel");
  const Result<AnnotatedModule> annotated = annotate(path("net.mlir"), write_plan_file(plan), {});
  ASSERT_FALSE(annotated.ok());
  EXPECT_EQ(annotated.error().exit_code(), 2);
  EXPECT_THAT(annotated.error().message,
              HasSubstr("operation 1 of @main (region 0, position 1) is kernel " +
                        content_hash("another kernel")));
}

TEST_F(AnnotateTest, OperationsTooManyOrTooFewAreNamed) {
  const Result<CompiledModule> module = compile("net.mlir", kMlp);
  ASSERT_TRUE(module.ok()) << module.error().message;
  Plan plan = plan_of(*module, 2, 1);
  const PlanOp second = plan.operations[1];
  plan.operations.erase(plan.operations.begin() + 1);
  Result<AnnotatedModule> annotated = annotate(path("net.mlir"), write_plan_file(plan), {});
  ASSERT_FALSE(annotated.ok());
  EXPECT_THAT(annotated.error().message, HasSubstr("operation 1 of @main"));
  EXPECT_THAT(annotated.error().message, HasSubstr("not in the plan"));
  plan.operations.insert(plan.operations.begin() + 1, second);
  plan.operations.push_back(second);
  plan.operations.back().graph_op = 9;
  annotated = annotate(path("net.mlir"), write_plan_file(plan), {});
  ASSERT_FALSE(annotated.ok());
  EXPECT_THAT(annotated.error().message, HasSubstr("operation 9 of @main is not in the model"));
}

TEST_F(AnnotateTest, AModelThatIsNotThePlansIsRefused) {
  const Result<CompiledModule> module = compile("net.mlir", kMlp);
  ASSERT_TRUE(module.ok()) << module.error().message;
  const std::string plan = write_plan_file(plan_of(*module, 2, 1));
  const Result<AnnotatedModule> other = annotate(write("other.mlir", kBranches), plan, {});
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message, HasSubstr("other.mlir: is not what module 'net'"));
  AnnotateOptions options;
  options.module = "nobody";
  const Result<AnnotatedModule> nobody = annotate(path("net.mlir"), plan, options);
  ASSERT_FALSE(nobody.ok());
  EXPECT_THAT(nobody.error().message, HasSubstr("no module 'nobody'; its modules are: net"));
}

TEST_F(AnnotateTest, BrokenAnnotationsAreNamed) {
  const Result<CompiledModule> module = compile("net.mlir", kMlp);
  ASSERT_TRUE(module.ok()) << module.error().message;
  const Result<AnnotatedModule> annotated =
      annotate(path("net.mlir"), write_plan_file(plan_of(*module, 2, 1)), {});
  ASSERT_TRUE(annotated.ok()) << annotated.error().message;
  std::string text = annotated->text;
  text.replace(text.find("iree.scheduling.resource"), 24, "iree.scheduling.resourcx");
  const auto read = read_annotations(text, "annotated.mlir");
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().message, HasSubstr("annotated.mlir: operation 0 of @main needs"));
  EXPECT_FALSE(read_annotations("func.func @", "annotated.mlir").ok());
}

}  // namespace
}  // namespace takt::compile
