#include "trace/chains.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "trace/trace_case.h"

namespace takt {
namespace {

Workload two_tasks(DataEdge::Mode mode) {
  Workload workload;
  workload.tasks.resize(2);
  workload.tasks[0].name = "sense";
  workload.tasks[1].name = "act";
  workload.chains = {{"reflex", {TaskId(0u), TaskId(1u)}, Nanos(25)}};
  workload.edges = {{.from = TaskId(0u), .to = TaskId(1u), .mode = mode}};
  return workload;
}

// sense every 20, act every 10 and 5 later; act's second job reads before sense's second ends.
const char* const kRun = R"(
lanes core.0 core.1
tasks sense act
release sense 0 0
op core.0 sense 0 0 1 4
end sense 0 0 4 done
release act 0 5
op core.1 act 0 0 5 7
end act 0 5 7 done
release sense 1 20
op core.0 sense 1 0 21 30
end sense 1 20 30 missed
release act 1 15
op core.1 act 1 0 29 31
end act 1 15 31 missed
release act 2 25
op core.1 act 2 0 31 33
end act 2 25 33 done
release act 3 35
end act 3 35 36 shed
)";

TEST(Chains, LatencyReactionAndAgeOfLatestData) {
  const auto all = chain_figures(trace_case(kRun), two_tasks(DataEdge::Mode::kLatest));
  ASSERT_EQ(all.size(), 1u);
  const ChainFigures& chain = all[0];
  EXPECT_EQ(chain.outputs, 3);
  // 7 - 0, 31 - 0 (old data), 33 - 20
  EXPECT_EQ(chain.latency.p50, Nanos(13));
  EXPECT_EQ(chain.latency.max, Nanos(31));
  EXPECT_EQ(chain.missed, 1);
  // An event at 1+ is seen by sense 1, whose data act 2 reads: 33 - 1.
  EXPECT_EQ(chain.reaction.max, Nanos(32));
  // act 0 is replaced at 31, act 1 at 33: both hold data read at 1.
  EXPECT_EQ(chain.age.p50, Nanos(30));
  EXPECT_EQ(chain.age.max, Nanos(32));
}

TEST(Chains, EveryJoinsJobsOfEqualNumber) {
  const auto all = chain_figures(trace_case(kRun), two_tasks(DataEdge::Mode::kEvery));
  EXPECT_EQ(all[0].outputs, 2);
  EXPECT_EQ(all[0].latency.max, Nanos(11));     // act 1 of sense 1: 31 - 20
  EXPECT_EQ(all[0].reaction.max, Nanos(30));    // 31 - 1
}

TEST(Chains, WithoutOperationsAJobReadsAtItsRelease) {
  Trace trace = trace_case(kRun);
  std::erase_if(trace.events,
                [](const TraceEvent& e) { return e.kind == TraceEvent::Kind::kOp; });
  const auto all = chain_figures(trace, two_tasks(DataEdge::Mode::kLatest));
  EXPECT_EQ(all[0].outputs, 3);
  EXPECT_EQ(all[0].reaction.max, Nanos(0));     // nothing is released after sense 1 has ended
  EXPECT_EQ(all[0].latency.max, Nanos(33));     // act 2, released at 25, has data of release 0
}

// Against the definitions read word for word, on random jobs of two tasks.
TEST(Chains, AgreeWithADirectReading) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    Trace trace;
    trace.lanes = {"core.0"};
    trace.tasks = {"sense", "act"};
    struct Ran { Nanos release, read, write; };
    std::vector<Ran> ran[2];
    for (uint32_t task = 0; task < 2; ++task) {
      Nanos free;
      for (uint64_t job = 0; job < 1 + rng.below(12); ++job) {
        const Nanos release(int64_t(job) * (task ? 70 : 100));
        const Nanos read = std::max(release, free) + Nanos(rng.between(0, 60));
        free = read + Nanos(rng.between(1, 80));
        ran[task].push_back({release, read, free});
        using Kind = TraceEvent::Kind;
        trace.events.push_back({Kind::kRelease, 0, 0, task, 0, 0, job, release, release});
        trace.events.push_back({Kind::kOp, 0, 1, task, 0, 0, job, read, free});
        trace.events.push_back({Kind::kJobEnd, 0, 0, task, 0, 0, job, release, free});
      }
    }
    int64_t outputs = 0;
    Nanos latency, reaction, age;
    for (size_t i = 0; i < ran[1].size(); ++i) {
      const Ran* source = nullptr;
      for (const Ran& sense : ran[0])
        if (sense.write <= ran[1][i].read) source = &sense;
      if (!source) continue;
      ++outputs;
      latency = std::max(latency, ran[1][i].write - source->release);
      if (i + 1 < ran[1].size()) age = std::max(age, ran[1][i + 1].write - source->read);
    }
    for (size_t i = 1; i < ran[0].size(); ++i)
      for (const Ran& act : ran[1])
        if (act.read >= ran[0][i].write) {
          reaction = std::max(reaction, act.write - ran[0][i - 1].read);
          break;
        }
    const auto all = chain_figures(trace, two_tasks(DataEdge::Mode::kLatest));
    EXPECT_EQ(all[0].outputs, outputs);
    EXPECT_EQ(all[0].latency.max, latency);
    EXPECT_EQ(all[0].reaction.max, reaction);
    EXPECT_EQ(all[0].age.max, age);
  }
}

}  // namespace
}  // namespace takt
