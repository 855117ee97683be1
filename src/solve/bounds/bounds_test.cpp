// Bounds against every schedule of tiny instances that a simple enumeration can build: no bound
// is above a schedule's value, also not among the schedules that keep given limits.
#include <gtest/gtest.h>

#include "solve/bounds/level_bounds.h"
#include "solve/bounds/pair_bound.h"
#include "solve/builder.h"
#include "solve/diagnose.h"
#include "solve/orders.h"
#include "solve/random_instance.h"
#include "solve/robot_instance.h"
#include "solve/schedule.h"

namespace takt {
namespace {

// Appends operations in every order, in every mode, on every choice of lanes, each as early as
// what is there allows. Committed operations are there from the start.
class Enumeration {
 public:
  explicit Enumeration(const Problem& problem) : problem_(problem), placed_(problem.size(), 0) {
    schedule_.resize(problem);
    uint32_t open = 0;
    for (uint32_t op = 0; op < problem.size(); ++op) {
      const Commitment* done = problem.commitment(op);
      if (done == nullptr) {
        ++open;
        continue;
      }
      placed_[op] = 1;
      schedule_.start[op] = done->start;
      schedule_.mode[op] = done->mode;
      for (size_t i = 0; i < done->lanes.size(); ++i)
        schedule_.lanes[problem.lane_slot(op) + i] = done->lanes[i].value();
    }
    extend(open);
  }
  const std::vector<Score>& scores() const { return scores_; }

 private:
  static constexpr size_t kMost = 4000;

  void extend(uint32_t open) {
    if (scores_.size() >= kMost) return;
    if (open == 0) {
      scores_.push_back(score_of(problem_, schedule_));
      return;
    }
    for (uint32_t op = 0; op < problem_.size(); ++op) {
      if (placed_[op] != 0 || !ready(op)) continue;
      for (uint32_t m = 0; m < problem_.modes(op).size(); ++m) {
        if (!group_allows(op, m)) continue;
        std::vector<uint32_t> lanes;
        choose(op, m, 0, 0, lanes, open);
      }
    }
  }
  bool ready(uint32_t op) const {
    for (const Arc& arc : problem_.preds(op))
      if (placed_[arc.op] == 0) return false;
    return true;
  }
  bool group_allows(uint32_t op, uint32_t mode) const {
    for (const OpId other : problem_.group(op))
      if (placed_[other.value()] != 0 && schedule_.mode[other.value()] != mode) return false;
    return true;
  }
  // Lanes for demand d onwards, of which `lanes` are chosen; `from`: index in the pool.
  void choose(uint32_t op, uint32_t m, size_t d, size_t from, std::vector<uint32_t>& lanes,
              uint32_t open) {
    const FlatMode& mode = problem_.modes(op)[m];
    size_t wanted = 0;
    for (size_t i = 0; i <= d && i < mode.demands.size(); ++i)
      wanted += static_cast<size_t>(mode.demands[i].count);
    if (d == mode.demands.size()) return place(op, m, lanes, open);
    if (lanes.size() == wanted) return choose(op, m, d + 1, 0, lanes, open);
    const auto& pool = problem_.instance().pools[mode.demands[d].pool.value()].lanes;
    for (size_t i = from; i < pool.size(); ++i) {
      lanes.push_back(pool[i].value());
      choose(op, m, d, i + 1, lanes, open);
      lanes.pop_back();
    }
  }
  void place(uint32_t op, uint32_t m, std::vector<uint32_t> lanes, uint32_t open) {
    std::sort(lanes.begin(), lanes.end());
    const FlatMode& mode = problem_.modes(op)[m];
    Nanos start = std::max(problem_.release(op), problem_.instance().not_before);
    for (const Arc& arc : problem_.preds(op))
      start = std::max(start, schedule_.end(problem_, arc.op) + arc.delay +
                                  transfer_time(problem_.instance(),
                                                schedule_.mode_of(problem_, arc.op).site,
                                                mode.site, arc.bytes));
    for (Nanos earlier(-1); earlier != start;) {
      earlier = start;
      start = after_conflicts(lanes, start, start + mode.duration);
    }
    schedule_.start[op] = start;
    schedule_.mode[op] = m;
    std::copy(lanes.begin(), lanes.end(), schedule_.lanes.begin() + problem_.lane_slot(op));
    placed_[op] = 1;
    extend(open - 1);
    placed_[op] = 0;
  }
  Nanos after_conflicts(const std::vector<uint32_t>& lanes, Nanos start, Nanos end) const {
    for (const uint32_t lane : lanes) {
      for (const Outage& gone : problem_.instance().outages)
        if (gone.lane.value() == lane && gone.start < end && gone.end > start) return gone.end;
      for (uint32_t other = 0; other < problem_.size(); ++other) {
        if (placed_[other] == 0 || schedule_.start[other] >= end ||
            schedule_.end(problem_, other) <= start)
          continue;
        for (const uint32_t taken : schedule_.lanes_of(problem_, other))
          if (taken == lane) return schedule_.end(problem_, other);
      }
    }
    return start;
  }

  const Problem& problem_;
  std::vector<char> placed_;
  Schedule schedule_;
  std::vector<Score> scores_;
};

// Links, a chain, jitter, an outage, a commitment and a group, some of them.
void add_features(Rng& rng, Instance& instance) {
  for (uint32_t p = 0; p < instance.pools.size(); ++p) instance.pools[p].site = p;
  if (instance.pools.size() > 1) {
    instance.links = {{0, 1, Nanos(rng.between(0, 4)), 500}, {1, 0, Nanos(rng.between(0, 2)), 900}};
    for (Precedence& edge : instance.precedences) edge.bytes = rng.between(0, 4);
  }
  const size_t jobs = instance.jobs.size();
  if (rng.below(2) == 0)
    instance.chains = {{"chain", Nanos(rng.between(3, 30)),
                        {{JobId(rng.below(jobs)), JobId(rng.below(jobs))}}}};
  if (rng.below(2) == 0)
    instance.outages = {{LaneId(rng.below(instance.lane_names.size())),
                         Nanos(rng.between(0, 10)), Nanos(rng.between(11, 25))}};
  if (rng.below(2) == 0) instance.not_before = Nanos(rng.between(1, 6));
  for (InstanceTask& task : instance.tasks) {
    task.weight = rng.between(1, 3);
    if (rng.below(2) == 0) task.jitter_max = Nanos(rng.between(0, 3));
  }
  if (jobs > 1) instance.jobs.back().task = instance.jobs.front().task;
  if (rng.below(2) == 0) {
    Commitment done{OpId(0u), Nanos(rng.between(0, 5)), 0, {}};
    for (const Demand& demand : instance.operations[0].modes[0].demands)
      for (int i = 0; i < demand.count; ++i)
        done.lanes.push_back(instance.pools[demand.pool.value()].lanes[static_cast<size_t>(i)]);
    std::sort(done.lanes.begin(), done.lanes.end());
    instance.commitments = {done};
  }
  const size_t n = instance.operations.size();
  if (n > 1 && instance.operations[n - 1].modes.size() == instance.operations[n - 2].modes.size())
    instance.mode_groups = {{OpId(n - 2), OpId(n - 1)}};
}

Instance tiny(uint64_t seed) {
  RandomInstanceOptions random;
  random.ops_max = 5;
  random.pools_max = 3;
  Instance instance = random_instance(seed, random);
  Rng rng(seed + 77);
  if (seed % 2 == 0) add_features(rng, instance);
  return instance;
}

bool never() { return false; }

// 8 lanes until kNoEnd are more than 64 bits hold.
TEST(LaneSets, LanesWithoutEndOfferMoreThanAnythingAsks) {
  Instance instance;
  instance.pools.resize(1);
  for (uint32_t lane = 0; lane < 8; ++lane) {
    instance.lane_names.push_back("a");
    instance.pools[0].lanes.emplace_back(lane);
  }
  instance.outages = {{LaneId(0u), Nanos(0), Nanos(1)}};
  const Problem problem(instance);
  EXPECT_EQ(LaneSets(problem).free(PoolId(0u), Nanos(0), kNoEnd), Nanos::max());
  EXPECT_EQ(LaneSets(problem).free(PoolId(0u), Nanos(0), Nanos(10)), Nanos(79));
}

TEST(LevelBounds, NeverAboveAnySchedule) {
  std::array<int, kLevelCount> met{};
  for (uint64_t seed = 1; seed <= 800; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = tiny(seed);
    const Problem problem(instance);
    const LaneSets sets(problem);
    LevelBounds bounds = level_bounds(problem, sets);
    for (const Level level : kLevels) {
      int64_t steps = 200'000;
      bounds[level] = destructive_bound(problem, sets, {}, level, bounds[level],
                                        2 * bounds[level] + 20, steps);
      bounds[level] = pair_bound(problem, {}, level, bounds[level], 2 * bounds[level] + 20, never);
    }
    std::array<int64_t, kLevelCount> least;
    least.fill(INT64_MAX);
    const Enumeration all(problem);
    for (const Score& score : all.scores())
      for (size_t l = 0; l < kLevelCount; ++l) least[l] = std::min(least[l], score.value[l]);
    for (const Level level : kLevels) {
      ASSERT_LE(bounds[level], least[static_cast<size_t>(level)]) << name_of(level);
      met[static_cast<size_t>(level)] += bounds[level] == least[static_cast<size_t>(level)];
    }
  }
  for (const Level level : kLevels) {
    std::printf("%s: bound met %d of 800\n", std::string(name_of(level)).c_str(),
                met[static_cast<size_t>(level)]);
    EXPECT_GE(met[static_cast<size_t>(level)], 400) << name_of(level);
  }
}

TEST(LevelBounds, HoldAmongSchedulesWithinLimits) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = tiny(seed);
    const Problem problem(instance);
    const LaneSets sets(problem);
    const Enumeration all(problem);
    Rng rng(seed);
    const Score& pick = all.scores()[rng.below(all.scores().size())];
    Limits limits;
    for (size_t l = 0; l < kLevelCount; ++l)
      if (rng.below(2) == 0) limits.most[l] = pick.value[l];
    LevelBounds bounds = level_bounds(problem, sets, limits);
    for (const Level level : kLevels) {
      int64_t steps = 100'000;
      bounds[level] = destructive_bound(problem, sets, limits, level, bounds[level],
                                        2 * bounds[level] + 20, steps);
      bounds[level] =
          pair_bound(problem, limits, level, bounds[level], 2 * bounds[level] + 20, never);
    }
    for (const Score& score : all.scores()) {
      bool within = true;
      for (size_t l = 0; l < kLevelCount; ++l) within &= score.value[l] <= limits.most[l];
      if (!within) continue;
      for (const Level level : kLevels) ASSERT_LE(bounds[level], score[level]) << name_of(level);
    }
  }
}

// On one lane a job of one long operation, and others that must come in between.
Instance long_among_short(uint64_t seed) {
  Rng rng(seed);
  Instance instance;
  instance.lane_names = {"a"};
  instance.pools = {{"pool", {LaneId(0u)}}};
  instance.tasks = {{"task", ModuleId(0u), "main", Criticality::kHard, 0}};
  for (uint32_t j = 0; j < 5; ++j) {
    const Nanos release(j == 0 ? 0 : rng.between(0, 20));
    const Nanos duration(j == 0 ? rng.between(6, 12) : rng.between(1, 3));
    const Nanos deadline = j == 0 ? Nanos(rng.between(16, 30))
                                  : release + duration + Nanos(rng.between(0, 4));
    instance.jobs.push_back({TaskId(0u), j, release, deadline, j, 1});
    Operation op;
    op.job = JobId(j);
    op.modes = {{{{PoolId(0u), 1}}, "default", duration}};
    instance.operations.push_back(op);
  }
  return instance;
}

// The jobs of each blocking that its diagnosis names are late, one at least, in every schedule.
TEST(Blockings, NeverMoreThanLateJobs) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Instance instance = seed % 2 == 0 ? tiny(seed) : long_among_short(seed);
    for (InstanceTask& task : instance.tasks) task.criticality = Criticality::kHard;
    instance.horizon = Nanos::max();
    const Problem problem(instance);
    Builder builder(problem, Nanos(0));
    Schedule schedule;
    builder.build({keys_of(problem, {}), std::vector<int>(problem.size(), choice::kThrifty)},
                  schedule);
    const auto blockings = static_cast<int64_t>(diagnose(problem, schedule).blockings.size());
    if (blockings == 0) continue;
    ++found;
    const Enumeration all(problem);
    for (const Score& score : all.scores()) ASSERT_LE(blockings, score[Level::kHardMisses]);
  }
  std::printf("blockings in %d of 3000\n", found);
  EXPECT_GE(found, 100);
}

// Most windows have no end there, and several lanes have no end of time to offer.
TEST(LevelBounds, HoldWhereLaterLevelsAreNotLimited) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RobotOptions robot;
    robot.seed = seed;
    const Instance instance = robot_instance(robot);
    const Problem problem(instance);
    const LaneSets sets(problem);
    Builder builder(problem, Nanos(0));
    Schedule schedule;
    builder.build({keys_of(problem, {}), std::vector<int>(problem.size(), choice::kThrifty)},
                  schedule);
    const Score score = score_of(problem, schedule);
    Limits limits;
    for (const Level level : kLevels) {
      int64_t steps = 1'000'000;
      const int64_t quick = level_bounds(problem, sets, limits)[level];
      ASSERT_LE(quick, score[level]) << name_of(level);
      ASSERT_LE(destructive_bound(problem, sets, limits, level, quick, 2 * score[level] + 20,
                                  steps),
                score[level])
          << name_of(level);
      if (seed <= 2)        // a second each
        ASSERT_LE(pair_bound(problem, limits, level, quick, 2 * score[level] + 20, never),
                  score[level])
            << name_of(level);
      limits[level] = score[level];
    }
  }
}

}  // namespace
}  // namespace takt
