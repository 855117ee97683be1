#include "app/abi_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace takt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(AbiSignature, ReadsTheTensorsOfADeclaration) {
  const auto shapes = input_shapes(
      "async func @main(%input0: tensor<1x48xf32>, %input1: tensor<2x3x4xi8>) -> "
      "(%output0: tensor<1x256xf32>)");
  ASSERT_TRUE(shapes);
  EXPECT_THAT(*shapes, ElementsAre("1x48xf32", "2x3x4xi8"));
}

TEST(AbiSignature, AttributesAndScalarTensorsAreNoTrouble) {
  const auto shapes = input_shapes(
      "func @f(%a: tensor<f32> {iree.abi.output = 0 : index, x = [1, 2]}, %b: tensor<4xi1>) -> ()");
  ASSERT_TRUE(shapes);
  EXPECT_THAT(*shapes, ElementsAre("f32", "4xi1"));
}

TEST(AbiSignature, AFunctionMayHaveNoInputs) {
  const auto shapes = input_shapes("func @f() -> (%output0: tensor<1xf32>)");
  ASSERT_TRUE(shapes);
  EXPECT_THAT(*shapes, IsEmpty());
}

TEST(AbiSignature, WhatCannotBeFedIsNamed) {
  const struct {
    const char* declaration;
    const char* expected;
  } cases[] = {
      {"func @f(%a: tensor<?x4xf32>) -> ()", "dynamic shape"},
      {"func @f(%count: i32) -> ()", "%count: i32"},
      {"", "no argument list"},
  };
  for (const auto& [declaration, expected] : cases) {
    const auto shapes = input_shapes(declaration);
    ASSERT_FALSE(shapes) << declaration;
    EXPECT_THAT(shapes.error().message, HasSubstr(expected));
    EXPECT_EQ(shapes.error().exit_code(), 2);
  }
}

}  // namespace
}  // namespace takt
