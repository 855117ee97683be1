#include "dispatch/steadiness.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

using dispatch_tuning::kUnsteady;

TEST(Steadiness, ALaneIsUnsteadyForATimeAfterItLostItsCpu) {
  Steadiness lane;
  EXPECT_FALSE(lane.unsteady(Nanos(0)));
  lane.observe(micros(100), micros(290), millis(1));   // slow
  lane.observe(micros(1), micros(100), millis(1));     // an interrupt
  lane.observe(Nanos(0), seconds(1), millis(1));       // nobody knows how long it takes
  EXPECT_FALSE(lane.unsteady(millis(1)));
  lane.observe(micros(100), micros(310), millis(1));
  EXPECT_TRUE(lane.unsteady(millis(1)));
  lane.lost_cpu(millis(2));
  EXPECT_TRUE(lane.unsteady(millis(2) + kUnsteady - nanos(1)));
  EXPECT_FALSE(lane.unsteady(millis(2) + kUnsteady));
}

}  // namespace
}  // namespace takt
