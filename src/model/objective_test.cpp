#include "model/objective.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

TEST(Objective, TextAndBack) {
  const char* const kTexts[] = {"makespan", "hard_misses,chain_latency:1.0000%,makespan:2us",
                                "hard_misses:3,busy:0.5000%"};
  for (const char* text : kTexts) {
    const Result<Objective> objective = parse_objective(text);
    ASSERT_TRUE(objective.ok()) << objective.error().message;
    EXPECT_EQ(text_of(*objective), text);
  }
}

TEST(Objective, WrongTextSaysWhatIsAllowed) {
  const auto error = [](const char* text) { return parse_objective(text).error().message; };
  EXPECT_EQ(error("makspan").substr(0, 60),
            "objective: there is no level 'makspan'; there are: hard_miss");
  EXPECT_EQ(error("makespan,makespan"), "objective: level 'makespan' is named twice");
  EXPECT_EQ(error("hard_misses:2us"),
            "objective: the tolerance of 'hard_misses' must be a whole number or a percentage "
            "such as 1%, is '2us'");
  EXPECT_EQ(error("makespan:fast").substr(0, 60),
            "objective: the tolerance of 'makespan' must be a time such a");
  EXPECT_FALSE(parse_objective("").ok());
}

TEST(Objective, ToleranceIsTheGreaterOfBoth) {
  EXPECT_EQ((LevelSpec{Level::kMakespan, 5, 10'000}.allowed(100)), 105);
  EXPECT_EQ((LevelSpec{Level::kMakespan, 5, 100'000}.allowed(100)), 110);
  EXPECT_EQ((LevelSpec{Level::kMakespan, 0, 0}.allowed(INT64_MAX)), INT64_MAX);
}

}  // namespace
}  // namespace takt
