#include "trace/xrbench_score.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

Workload two_models() {
  Workload workload;
  for (const char* name : {"eye", "hand"}) {
    Task task;
    task.name = name;
    task.deadline = millis(16);
    workload.tasks.push_back(task);
  }
  return workload;
}

Soc one_core() {
  Soc soc;
  soc.clusters = {{"big", "core.big", 1, {}, {}}};
  derive_lanes(soc);
  return soc;
}

void add_job(Trace& trace, uint32_t task, uint64_t job, Nanos release, Nanos response,
             JobOutcome outcome, Nanos busy = Nanos(0)) {
  TraceEvent op;
  op.kind = TraceEvent::Kind::kOp;
  op.task = task;
  op.job = job;
  op.begin = release;
  op.end = release + busy;
  if (busy > Nanos(0)) trace.events.push_back(op);
  TraceEvent end = op;
  end.kind = TraceEvent::Kind::kJobEnd;
  end.end = release + response;
  end.value = uint16_t(outcome);
  trace.events.push_back(end);
}

TEST(XrbenchScore, FollowsTheFormula) {
  Trace trace;
  add_job(trace, 0, 0, millis(0), millis(10), JobOutcome::kDone, millis(150));   // 1, 0.9
  add_job(trace, 0, 1, millis(16), millis(16), JobOutcome::kDone);               // 0.5, 1
  add_job(trace, 0, 2, millis(32), millis(40), JobOutcome::kMissed);             // 0
  add_job(trace, 0, 3, millis(48), millis(16), JobOutcome::kShed);
  const std::vector<ModelScore> models = model_scores(two_models(), one_core(), trace);
  EXPECT_EQ(models[0].frames, 4);
  EXPECT_EQ(models[0].dropped, 1);
  EXPECT_NEAR(models[0].realtime, (1 + 0.5 + 0) / 3, 1e-6);
  EXPECT_NEAR(models[0].energy, (0.9 + 1 + 1) / 3, 1e-6);
  EXPECT_NEAR(models[0].score, (0.9 + 0.5) / 4 * 0.75, 1e-6);
  EXPECT_EQ(models[1].frames, 0);
  EXPECT_NEAR(overall_score(models), 100 * (0.9 + 0.5) / 4 * 0.75, 1e-4);
}

// The sample that XRBench's artifact publishes for VR_gaming.
TEST(XrbenchScore, AgreesWithThePublishedSample) {
  std::vector<ModelScore> models(3);
  const double rt[] = {1.0, 1.0, 0.744}, energy[] = {0.976, 0.977, 0.862};
  for (size_t i = 0; i < 3; ++i) models[i] = {10, 0, rt[i], energy[i], rt[i] * energy[i]};
  EXPECT_NEAR(overall_score(models), 86.47, 0.05);
}

}  // namespace
}  // namespace takt
