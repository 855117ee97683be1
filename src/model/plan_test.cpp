#include "model/plan.h"

#include <gtest/gtest.h>

#include "model/random_model.h"

namespace takt {
namespace {

TEST(Plan, WrittenAndReadAgainIsTheSame) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const Plan written = random_plan(rng);
    const std::string text = write_plan(written);
    const Result<Plan> plan = parse_plan(text, "p.json");
    ASSERT_TRUE(plan.ok()) << plan.error().message << "\n" << text;
    EXPECT_EQ(write_plan(*plan), text);
    ASSERT_EQ(plan->operations.size(), written.operations.size());
    for (size_t i = 0; i < plan->operations.size(); ++i) {
      EXPECT_EQ(plan->operations[i].lanes, written.operations[i].lanes);
      EXPECT_EQ(plan->operations[i].start, written.operations[i].start);
      EXPECT_EQ(plan->operations[i].kind, written.operations[i].kind);
    }
    EXPECT_EQ(plan->window, written.window);
    EXPECT_EQ(plan->provenance.seed, written.provenance.seed);
  }
}

TEST(Plan, OneOperationPerLine) {
  Rng rng(3);
  Plan plan = random_plan(rng);
  while (plan.operations.size() < 5) plan = random_plan(rng);
  const std::string text = write_plan(plan);
  const auto count_of = [&](std::string_view word) {
    size_t count = 0;
    for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(count_of("\n    {\"task\":"), plan.operations.size());
}

TEST(Plan, GapIsInPercentOfTheValue) {
  EXPECT_DOUBLE_EQ((ObjectiveLevel{"makespan", 200, 150}).gap_pct(), 25.0);
  EXPECT_DOUBLE_EQ((ObjectiveLevel{"misses", 0, 0}).gap_pct(), 0.0);
}

}  // namespace
}  // namespace takt
