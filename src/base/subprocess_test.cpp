#include "base/subprocess.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

TEST(Subprocess, CollectsOutputErrorsAndStatus) {
  const auto result = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 3);
  EXPECT_EQ(result->output, "out\nerr\n");
}

TEST(Subprocess, WordsReachTheProgramUntouched) {
  const auto result = run_program({"printf", "%s", "a b'\"$HOME;`"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "a b'\"$HOME;`");
}

TEST(Subprocess, ASignalIsAStatusAbove128) {
  const auto result = run_program({"sh", "-c", "kill -9 $$"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 128 + 9);
}

TEST(Subprocess, AMissingProgramIsAnErrorThatNamesIt) {
  const auto result = run_program({"/nonexistent/program"});
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("/nonexistent/program"), std::string::npos);
}

TEST(Subprocess, ALimitEndsIt) {
  SubprocessLimits limits;
  limits.time = millis(1);
  const auto late = run_program({"sleep", "1000"}, limits);
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("too long"), std::string::npos);

  const std::atomic<bool> stop{true};
  limits = {Nanos::max(), &stop};
  EXPECT_FALSE(run_program({"sleep", "1000"}, limits));
}

}  // namespace
}  // namespace takt
