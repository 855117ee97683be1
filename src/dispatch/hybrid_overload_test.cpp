// hybrid where not all soft work can be in time: what the plan has chosen keeps what it was given.
#include <gtest/gtest.h>

#include "dispatch/policy_question.h"

namespace takt {
namespace {

TEST(HybridOverload, LeavesSoftWorkOfThePlanWhatThePlanGaveIt) {
  auto own = planned(1, micros(30), true, Criticality::kSoft);
  own.absolute = true;
  own.ready = false;
  own.slack = micros(500);             // it could start much later
  auto stray = plain(2, Criticality::kSoft, micros(40));
  const Decision held = ask("hybrid", {own, stray}, micros(0));
  EXPECT_EQ(held.candidate, Decision::kNone);
  EXPECT_EQ(held.wait_until, micros(30));
  stray.duration = micros(30);         // over by then
  EXPECT_EQ(choice("hybrid", {own, stray}, micros(0)), 1);
  stray.duration = micros(40);
  EXPECT_EQ(choice("hybrid", {own, stray}, micros(31)), 1);   // late itself: nobody waits for it
  stray.criticality = Criticality::kFirm;
  EXPECT_EQ(choice("hybrid", {own, stray}, micros(0)), 1);
}

TEST(HybridOverload, LeavesTheAcceleratorToPlannedSoftWorkAndDoesNotWaitForIt) {
  auto own = planned(1, micros(5), true, Criticality::kSoft);
  own.absolute = true;
  own.ready = false;
  own.slack = micros(500);
  own.planned_unit = Unit::kAccelerator;
  own.accelerator_duration = micros(10);
  auto stray = accelerated(micros(80), Nanos::max());
  stray.criticality = Criticality::kSoft;
  stray.submission = 2;
  stray.open_tiles = 40;               // on the core a tile is over before the planned start
  const Decision on_core = ask("hybrid", {own, stray}, micros(0));
  EXPECT_EQ(on_core.candidate, 1);
  EXPECT_EQ(on_core.unit, Unit::kCore);
  stray.accelerator_free = false;      // free at 4 us, and kept from 5 us on
  stray.accelerator_free_at = micros(4);
  EXPECT_EQ(choice("hybrid", {own, stray}, micros(0)), 1);
  own.start = micros(500);
  EXPECT_EQ(choice("hybrid", {own, stray}, micros(0)), Decision::kNone);   // worth waiting for
}

TEST(HybridOverload, LetsSoftWorkBeginWhereItIsPlannedWithinHalfOfItsSlack) {
  auto others = planned(1, micros(10), false, Criticality::kSoft);
  others.absolute = true;
  others.slack = micros(40);
  others.owner_free_at = micros(25);
  EXPECT_EQ(ask("hybrid", {others}, micros(10)).wait_until, micros(30));
  EXPECT_EQ(choice("hybrid", {others}, micros(10)), Decision::kNone);
  others.owner_free_at = micros(60);   // too late: elsewhere it ends earlier
  EXPECT_EQ(choice("hybrid", {others}, micros(10)), 0);
  others.criticality = Criticality::kFirm;
  others.owner_free_at = micros(25);
  EXPECT_EQ(choice("hybrid", {others}, micros(10)), 0);
}

}  // namespace
}  // namespace takt
