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

Candidate on_accelerator(uint64_t submission, Nanos start) {
  Candidate c = planned(submission, start, true, Criticality::kSoft);
  c.absolute = true;
  c.slack = micros(40);
  c.planned_unit = Unit::kAccelerator;
  c.accelerator_duration = micros(10);
  c.accelerator_free = true;
  c.accelerator_free_at = micros(0);
  return c;
}

TEST(HybridOverload, KeepsThePlansOrderOnTheAccelerator) {
  const Candidate early = on_accelerator(2, micros(50));
  Candidate first = on_accelerator(1, micros(5));
  first.bound = first.ready = false;   // another lane drives it
  const Decision decision = ask("hybrid", {early, first}, micros(0));
  EXPECT_EQ(decision.candidate, Decision::kNone);
  first.start = micros(10);            // `early` is over by then
  EXPECT_EQ(choice("hybrid", {early, first}, micros(0)), 0);
  first.start = micros(0);             // due, and ready: whoever drives it begins at once
  first.ready = true;
  first.owner_idle = true;
  EXPECT_EQ(choice("hybrid", {early, first}, micros(1)), Decision::kNone);
  first.slack = micros(0);             // too late itself: nobody waits for it
  EXPECT_EQ(choice("hybrid", {early, first}, micros(1)), 0);
}

TEST(HybridOverload, WaitsForThePlannedAcceleratorWithinHalfOfItsSlack) {
  Candidate c = on_accelerator(1, micros(10));
  c.duration = micros(12);             // the core, now, would end before the accelerator
  c.accelerator_free = false;
  c.accelerator_free_at = micros(25);
  const Decision decision = ask("hybrid", {c}, micros(10));
  EXPECT_EQ(decision.candidate, Decision::kNone);
  EXPECT_EQ(decision.wait_until, micros(30));
  c.accelerator_free_at = micros(35);
  EXPECT_EQ(ask("hybrid", {c}, micros(10)).unit, Unit::kCore);
  EXPECT_EQ(choice("hybrid", {c}, micros(10)), 0);
  c.accelerator_free_at = Nanos::max();   // lost
  EXPECT_EQ(choice("hybrid", {c}, micros(10)), 0);
}

TEST(HybridOverload, WorkWithoutAPlanDoesNotGoBeforeWhatIsDue) {
  auto due = planned(1, micros(0), true, Criticality::kSoft);
  due.absolute = true;
  due.slack = micros(100);
  auto stray = plain(2, Criticality::kSoft, micros(10));
  stray.deadline = micros(12);
  stray.remaining = micros(10);        // after `due` it would be too late
  EXPECT_EQ(choice("hybrid", {due, stray}, micros(1)), 0);
  stray.planned = true;
  EXPECT_EQ(choice("hybrid", {due, stray}, micros(1)), 1);
}

}  // namespace
}  // namespace takt
