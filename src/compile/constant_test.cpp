#include "compile/constant.h"

#include <gtest/gtest.h>

#include "compile/session.h"

namespace takt::compile {
namespace {

// The constant that the function `@f` with this body returns; its argument is 7.
std::optional<int64_t> returned(const std::string& body) {
  Result<Session> session = Session::create({});
  EXPECT_TRUE(session.ok());
  const Result<Module> module =
      session->parse("func.func @f(%seven: i32, %unknown: i32) -> index {\n" + body + "\n}", "f");
  EXPECT_TRUE(module.ok()) << module.error().message;
  const Op function = find_symbol(module->op(), "func.func", "f");
  const MlirBlock entry = function.blocks()[0];
  return constant_of(ops_of(entry).back().operand(0), {{arguments_of(entry)[0].key(), 7}});
}

TEST(Constant, ThroughTheArithmeticOfDispatchOperands) {
  EXPECT_EQ(returned("%r = arith.constant 12 : index  return %r : index"), 12);
  EXPECT_EQ(returned("%r = arith.index_castui %seven : i32 to index  return %r : index"), 7);
  EXPECT_EQ(returned("%r = arith.index_cast %unknown : i32 to index  return %r : index"),
            std::nullopt);
  EXPECT_EQ(returned(R"(
    %high = arith.constant 1 : i32   %c32 = arith.constant 32 : i64
    %l = arith.extui %seven : i32 to i64   %h = arith.extui %high : i32 to i64
    %s = arith.shli %h, %c32 : i64   %o = arith.ori %l, %s : i64
    %r = arith.index_castui %o : i64 to index   return %r : index)"), (int64_t{1} << 32) + 7);
  EXPECT_EQ(returned(R"(
    %a = arith.index_castui %seven : i32 to index   %c3 = arith.constant 3 : index
    %q = arith.ceildivui %a, %c3 : index   %m = arith.muli %q, %a : index
    %r = arith.subi %m, %c3 : index   return %r : index)"), 18);
  EXPECT_EQ(returned(R"(
    %a:2 = util.assume.int %seven<umin = 0, umax = 9>, %unknown<umin = 1, umax = 2> : i32, i32
    %r = arith.index_castui %a#0 : i32 to index   return %r : index)"), 7);
}

TEST(Constant, SignsFollowTheType) {
  EXPECT_EQ(returned(R"(
    %m = arith.constant -1 : i32   %r = arith.index_castui %m : i32 to index
    return %r : index)"), 0xffffffff);
  EXPECT_EQ(returned(R"(
    %m = arith.constant -1 : i32   %r = arith.index_cast %m : i32 to index
    return %r : index)"), -1);
  EXPECT_EQ(returned(R"(
    %m = arith.constant -8 : index   %c3 = arith.constant 3 : index
    %r = arith.divui %m, %c3 : index   return %r : index)"), std::nullopt);
}

}  // namespace
}  // namespace takt::compile
