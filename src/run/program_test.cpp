#include "run/program.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "run/random_dag.h"

namespace takt {
namespace {

std::vector<WorkItem> items(uint32_t count) {
  std::vector<WorkItem> all(count);
  for (uint32_t n = 0; n < count; ++n) all[n].label = n;
  return all;
}

// True when `after` can only run once `before` is done.
bool reaches(const Program& program, uint32_t before, uint32_t after) {
  if (before == after) return true;
  for (uint32_t next : program.successors(program.node(before)))
    if (reaches(program, next, after)) return true;
  return false;
}

TEST(Program, WavesOrderEverythingAcrossAndNothingWithin) {
  for (uint32_t width : {1u, 2u, 3u, 9u}) {
    const uint32_t waves[] = {0, width, 2 * width};
    const Program program = Program::from_waves(items(3 * width), waves);
    EXPECT_EQ(program.roots().size(), width);
    for (uint32_t a = 0; a < 3 * width; ++a)
      for (uint32_t b = a + 1; b < 3 * width; ++b)
        EXPECT_EQ(reaches(program, a, b), a / width < b / width) << width << ": " << a << "," << b;
  }
}

TEST(Program, EmptyProgramIsItsSink) {
  const Program program = Program::from_waves({}, {});
  EXPECT_EQ(program.nodes().size(), 1u);
  EXPECT_EQ(program.node(program.sink()).deps, 0u);
}

TEST(Program, EverythingReachesTheSink) {
  Rng rng(11);
  for (int round = 0; round < 50; ++round) {
    const RandomDag dag(rng, 12);
    for (uint32_t n = 0; n < dag.items(); ++n)
      EXPECT_TRUE(reaches(dag.program, n, dag.program.sink()));
  }
}

TEST(Program, RandomOrdersAreTopologicalAndDiffer) {
  const uint64_t seed = 5;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Rng rng(seed);
  const std::vector<std::vector<uint32_t>> deps = {{}, {0}, {0}, {0}, {1, 2}, {3}};
  const Program program = Program::from_deps(items(6), deps);
  std::vector<std::vector<uint32_t>> seen;
  for (int round = 0; round < 100; ++round) {
    const std::vector<uint32_t> order = program.random_order(rng);
    std::vector<uint32_t> place(6);
    for (uint32_t i = 0; i < 6; ++i) place[order[i]] = i;
    for (uint32_t n = 0; n < 6; ++n)
      for (uint32_t p : deps[n]) EXPECT_LT(place[p], place[n]);
    if (std::find(seen.begin(), seen.end(), order) == seen.end()) seen.push_back(order);
  }
  EXPECT_GT(seen.size(), 10u);
  const Program chain = program.in_order(seen[0]);
  for (uint32_t i = 0; i + 1 < 6; ++i) EXPECT_TRUE(reaches(chain, i, i + 1));
  EXPECT_EQ(chain.node(0).label, seen[0][0]);
}

}  // namespace
}  // namespace takt
