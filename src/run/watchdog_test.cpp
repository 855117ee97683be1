// The watchdog's decisions over made-up samples; and an executor with a worker that does not
// come back.
#include "run/watchdog.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "base/clock.h"
#include "run/executor.h"
#include "run/host_call.h"

namespace takt {
namespace {

using Kind = LaneReport::Kind;

class WatchdogTest : public ::testing::Test {
 protected:
  std::vector<LaneReport> look(Nanos at) {
    std::vector<LaneReport> reports;
    watchdog_.look(samples_, at, &reports);
    return reports;
  }
  // Looks at every quarter of the bound in (from, to].
  std::vector<LaneReport> looks(int64_t from, int64_t to) {
    std::vector<LaneReport> all;
    for (int64_t t = from + 25; t <= to; t += 25)
      for (const LaneReport& report : look(millis(t))) all.push_back(report);
    return all;
  }
  Watchdog watchdog_{2, millis(100), Nanos(0)};
  std::vector<LaneSample> samples_{2};
};

TEST_F(WatchdogTest, AParkedLaneIsNeverReported) { EXPECT_TRUE(looks(0, 2000).empty()); }

TEST_F(WatchdogTest, AStuckLaneIsReportedOnceAndOnceMoreWhenItMoves) {
  samples_[1] = {.owned = true, .progress = 5};
  const auto stuck = looks(0, 1000);
  ASSERT_EQ(stuck.size(), 1u);
  EXPECT_EQ(stuck[0].kind, Kind::kStuck);
  EXPECT_EQ(stuck[0].lane, 1u);
  EXPECT_EQ(stuck[0].since, millis(25));   // seen with work for the first time
  samples_[1].progress = 6;
  const auto back = looks(1000, 1100);
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].kind, Kind::kBack);
}

TEST_F(WatchdogTest, ALaneThatMovesNowAndThenIsFine) {
  samples_[0].owned = true;
  for (int64_t t = 0; t < 3000; t += 75) {
    ++samples_[0].progress;
    ASSERT_TRUE(looks(t, t + 75).empty());
  }
}

TEST_F(WatchdogTest, ALaneWithoutCpuIsStarvedNotStuck) {
  samples_[0] = {.owned = true, .progress = 1, .waits_for_cpu = true};
  const auto reports = looks(0, 300);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].kind, Kind::kStarved);
}

TEST_F(WatchdogTest, ItsOwnLatenessIsReported) {
  EXPECT_TRUE(look(millis(25)).empty());
  const auto late = look(millis(500));
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].kind, Kind::kWatchLate);
  EXPECT_EQ(late[0].since, millis(50));
  EXPECT_NE(late[0].text(millis(500)).find("450 ms late"), std::string::npos);
}

// A plan for two lanes that uses the second only.
Assignment all_on_lane_1(uint32_t items) {
  Assignment plan;
  plan.by_lane.resize(2);
  for (uint32_t n = 0; n < items; ++n) {
    plan.items.push_back({micros(n), micros(1), LaneMask::of(1)});
    plan.by_lane[1].push_back(n);
  }
  plan.lanes = LaneMask::of(1);
  return plan;
}

void submit(Executor& executor, const Program& program, const Assignment& plan,
            std::atomic<uint32_t>* ended) {
  Submission* s = executor.acquire();
  s->program = &program;
  s->assignment = &plan;
  s->owner = ended;
  s->done = [](Submission& submission, Fault) {
    static_cast<std::atomic<uint32_t>*>(submission.owner)->fetch_add(1);
  };
  executor.submit(s);
}

TEST(Watch, AWorkerThatDoesNotComeBackIsNamedAndItsPlanIsDoneByOthers) {
  struct Seen {
    std::mutex mutex;
    std::vector<LaneReport> reports;
  } seen;
  std::atomic<bool> go{false}, inside{false};
  std::atomic<uint32_t> others{0};
  const HostCall never([&](LaneContext&) {
    inside = true;
    while (!go) std::this_thread::yield();
    return nullptr;
  });
  const HostCall other([&](LaneContext&) { return ++others, nullptr; });
  const Program stuck = Program::from_deps({never.item(42)}, {{}});
  const Program rest = Program::from_deps(std::vector<WorkItem>(20, other.item()),
                                          std::vector<std::vector<uint32_t>>(20));
  const Assignment stuck_plan = all_on_lane_1(1), plan = all_on_lane_1(20);
  std::atomic<uint32_t> ended{0};
  ExecutorOptions options;
  options.cpus = {-1, -1};
  options.policy = *find_policy("hybrid");
  options.inline_submit = false;
  options.drop_fault = [](Fault) {};
  options.helps = {LaneMask::of(0), LaneMask::of(1)};   // while lane 1 is there nobody helps it
  options.watch_bound = millis(20);
  options.lane_report = [&](const LaneReport& report) {
    std::lock_guard lock(seen.mutex);
    if (report.lane != 1) return;   // a loaded machine may starve anybody
    seen.reports.push_back(report);
  };
  Executor executor(options);
  submit(executor, stuck, stuck_plan, &ended);
  while (!inside) std::this_thread::yield();
  submit(executor, rest, plan, &ended);
  while (others != 20) std::this_thread::yield();   // by lane 0, once lane 1 counts as lost
  EXPECT_FALSE(executor.usable_lanes().has(1));
  // On a loaded machine it may have been starved before it came to the item.
  const auto named = [&] {
    std::lock_guard lock(seen.mutex);
    return !seen.reports.empty() && seen.reports.back().kind != Kind::kBack &&
           seen.reports.back().label == 42 && seen.reports.back().cpu >= 0;
  };
  while (!named()) std::this_thread::yield();
  EXPECT_NE(executor.warning().find("in item 42"), std::string::npos) << executor.warning();
  go = true;
  executor.wait_idle();
  EXPECT_EQ(ended, 2u);
  const auto back = [&] {
    std::lock_guard lock(seen.mutex);
    return seen.reports.back().kind == Kind::kBack;
  };
  while (!back()) std::this_thread::yield();
}

}  // namespace
}  // namespace takt
