// Small models for the tests of compile/, and compiling them in a temporary directory.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/rng.h"
#include "compile/compile.h"

namespace takt::compile {

// Two layers in a row.
inline constexpr char kMlp[] = R"(
func.func @main(%x: tensor<1x48xf32>) -> tensor<1x32xf32> {
  %w1 = arith.constant dense<0.25> : tensor<48x64xf32>
  %w2 = arith.constant dense<0.125> : tensor<64x32xf32>
  %c0 = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<1x64xf32>
  %f1 = linalg.fill ins(%c0: f32) outs(%e1: tensor<1x64xf32>) -> tensor<1x64xf32>
  %m1 = linalg.matmul ins(%x, %w1: tensor<1x48xf32>, tensor<48x64xf32>)
                      outs(%f1: tensor<1x64xf32>) -> tensor<1x64xf32>
  %t1 = math.tanh %m1 : tensor<1x64xf32>
  %e2 = tensor.empty() : tensor<1x32xf32>
  %f2 = linalg.fill ins(%c0: f32) outs(%e2: tensor<1x32xf32>) -> tensor<1x32xf32>
  %m2 = linalg.matmul ins(%t1, %w2: tensor<1x64xf32>, tensor<64x32xf32>)
                      outs(%f2: tensor<1x32xf32>) -> tensor<1x32xf32>
  return %m2 : tensor<1x32xf32>
})";

// Two layers on the same input, into one slab of results.
inline constexpr char kBranches[] = R"(
func.func @main(%x: tensor<32x64xf32>) -> (tensor<32x32xf32>, tensor<32x16xf32>) {
  %c0 = arith.constant 0.0 : f32
  %w1 = arith.constant dense<0.25> : tensor<64x32xf32>
  %w2 = arith.constant dense<0.125> : tensor<64x16xf32>
  %e1 = tensor.empty() : tensor<32x32xf32>
  %f1 = linalg.fill ins(%c0: f32) outs(%e1: tensor<32x32xf32>) -> tensor<32x32xf32>
  %m1 = linalg.matmul ins(%x, %w1: tensor<32x64xf32>, tensor<64x32xf32>)
                      outs(%f1: tensor<32x32xf32>) -> tensor<32x32xf32>
  %e2 = tensor.empty() : tensor<32x16xf32>
  %f2 = linalg.fill ins(%c0: f32) outs(%e2: tensor<32x16xf32>) -> tensor<32x16xf32>
  %m2 = linalg.matmul ins(%x, %w2: tensor<32x64xf32>, tensor<64x16xf32>)
                      outs(%f2: tensor<32x16xf32>) -> tensor<32x16xf32>
  return %m1, %m2 : tensor<32x32xf32>, tensor<32x16xf32>
})";

// Reads rows 16..31 of x; copies y and then the product over its rows 32..47.
inline constexpr char kSlices[] = R"(
func.func @main(%x: tensor<64x64xf32>, %y: tensor<64x64xf32>)
    -> (tensor<64x64xf32>, tensor<16x64xf32>) {
  %c0 = arith.constant 0.0 : f32
  %a = tensor.extract_slice %x[16, 0] [16, 64] [1, 1] : tensor<64x64xf32> to tensor<16x64xf32>
  %e1 = tensor.empty() : tensor<16x64xf32>
  %f1 = linalg.fill ins(%c0: f32) outs(%e1: tensor<16x64xf32>) -> tensor<16x64xf32>
  %m1 = linalg.matmul ins(%a, %y: tensor<16x64xf32>, tensor<64x64xf32>)
                      outs(%f1: tensor<16x64xf32>) -> tensor<16x64xf32>
  %r = tensor.insert_slice %m1 into %y[32, 0] [16, 64] [1, 1]
      : tensor<16x64xf32> into tensor<64x64xf32>
  return %r, %m1 : tensor<64x64xf32>, tensor<16x64xf32>
})";

// A state kept in a global, a plain function, one without dispatches, a fill.
inline constexpr char kSeveral[] = R"(
module @several {
  util.global private mutable @state = dense<0.0> : tensor<64xf32>
  func.func @step(%x: tensor<64xf32>) -> tensor<64xf32> {
    %s = util.global.load @state : tensor<64xf32>
    %n = arith.addf %s, %x : tensor<64xf32>
    util.global.store %n, @state : tensor<64xf32>
    return %n : tensor<64xf32>
  }
  func.func @twice(%x: tensor<64xf32>) -> tensor<64xf32> {
    %n = arith.addf %x, %x : tensor<64xf32>
    return %n : tensor<64xf32>
  }
  func.func @identity(%x: tensor<64xf32>) -> tensor<64xf32> {
    return %x : tensor<64xf32>
  }
  func.func @pad(%x: tensor<8x8xf32>) -> tensor<12x12xf32> {
    %c1 = arith.constant 1.0 : f32
    %p = tensor.pad %x low[2, 2] high[2, 2] {
      ^bb0(%i: index, %j: index):
      tensor.yield %c1 : f32
    } : tensor<8x8xf32> to tensor<12x12xf32>
    return %p : tensor<12x12xf32>
  }
})";

inline constexpr char kDynamic[] = R"(
func.func @main(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %n = arith.addf %x, %x : tensor<?x64xf32>
  return %n : tensor<?x64xf32>
})";

inline constexpr char kLoop[] = R"(
func.func @main(%x: tensor<64xf32>, %n: index) -> tensor<64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> tensor<64xf32> {
    %b = arith.addf %a, %x : tensor<64xf32>
    scf.yield %b : tensor<64xf32>
  }
  return %r : tensor<64xf32>
})";

// A wrapper and the function behind it, as torch and ONNX imports have.
inline constexpr char kTorch[] = R"(
func.func @main(%x: !torch.vtensor<[64],f32>) -> !torch.vtensor<[64],f32> {
  %one = torch.constant.int 1
  %r = torch.aten.add.Tensor %x, %x, %one
      : !torch.vtensor<[64],f32>, !torch.vtensor<[64],f32>, !torch.int -> !torch.vtensor<[64],f32>
  return %r : !torch.vtensor<[64],f32>
})";

// `count` small floats as hex digits: the top byte says 0.0x, the others are random.
inline std::string hex_weights(Rng& rng, int count) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (int i = 0; i < count; ++i) {
    for (int digit = 0; digit < 6; ++digit) hex += kHex[rng.below(16)];
    hex += rng.below(2) ? "3c" : "bc";
  }
  return hex;
}

// `layers` equal layers with different weights: one kernel, called with different offsets
// into the constants; its results take turns in the transient slab.
inline std::string stacked_layers(int layers) {
  Rng rng(11);
  std::string text = R"(
func.func @main(%x0: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %c0 = arith.constant 0.0 : f32
)";
  for (int i = 0; i < layers; ++i) {
    const std::string n = std::to_string(i), next = std::to_string(i + 1);
    text += "  %w" + n + " = arith.constant dense<\"0x" + hex_weights(rng, 64 * 64) +
            "\"> : tensor<64x64xf32>\n"
            "  %e" + n + " = tensor.empty() : tensor<16x64xf32>\n"
            "  %f" + n + " = linalg.fill ins(%c0: f32) outs(%e" + n +
            ": tensor<16x64xf32>) -> tensor<16x64xf32>\n"
            "  %m" + n + " = linalg.matmul ins(%x" + n + ", %w" + n +
            ": tensor<16x64xf32>, tensor<64x64xf32>) outs(%f" + n +
            ": tensor<16x64xf32>) -> tensor<16x64xf32>\n"
            "  %x" + next + " = math.tanh %m" + n + " : tensor<16x64xf32>\n";
  }
  return text + "  return %x" + std::to_string(layers) + " : tensor<16x64xf32>\n}\n";
}

// A random network of `nodes` nodes over 32x32 matrices: products, sums, row slices pasted
// into other matrices, padding; every leaf is a result.
inline std::string random_network(uint64_t seed, int nodes) {
  Rng rng(seed);
  const std::string type = "tensor<32x32xf32>";
  std::string body;
  std::vector<bool> used(static_cast<size_t>(nodes) + 1, false);
  const auto pick = [&](int before) {
    const auto choice = static_cast<size_t>(rng.below(static_cast<uint64_t>(before) + 1));
    used[choice] = true;
    return "%x" + std::to_string(choice);
  };
  for (int i = 0; i < nodes; ++i) {
    const std::string a = pick(i), b = pick(i), n = std::to_string(i);
    const std::string out = "%x" + std::to_string(i + 1), half = "tensor<16x32xf32>";
    const std::string row = std::to_string(rng.below(17)), to = std::to_string(rng.below(17));
    switch (rng.below(4)) {
      case 0:
        body += "  %e" + n + " = tensor.empty() : " + type + "\n  %f" + n +
                " = linalg.fill ins(%c0: f32) outs(%e" + n + ": " + type + ") -> " + type +
                "\n  " + out + " = linalg.matmul ins(" + a + ", " + b + ": " + type + ", " + type +
                ") outs(%f" + n + ": " + type + ") -> " + type + "\n";
        break;
      case 1:
        body += "  " + out + " = arith.addf " + a + ", " + b + " : " + type + "\n";
        break;
      case 2:
        body += "  %s" + n + " = tensor.extract_slice " + a + "[" + row +
                ", 0] [16, 32] [1, 1] : " + type + " to " + half + "\n  " + out +
                " = tensor.insert_slice %s" + n + " into " + b + "[" + to +
                ", 0] [16, 32] [1, 1] : " + half + " into " + type + "\n";
        break;
      default:
        body += "  %s" + n + " = tensor.extract_slice " + a + "[" + row +
                ", 0] [16, 32] [1, 1] : " + type + " to " + half + "\n  " + out +
                " = tensor.pad %s" + n + " low[" + to + ", 0] high[" +
                std::to_string(16 - std::stoi(to)) + ", 0] {\n  ^bb0(%i: index, %j: index):\n"
                "    tensor.yield %c0 : f32\n  } : " + half + " to " + type + "\n";
    }
  }
  std::string values, types;
  for (int i = 1; i <= nodes; ++i) {
    if (used[static_cast<size_t>(i)]) continue;
    values += (values.empty() ? "%x" : ", %x") + std::to_string(i);
    types += (types.empty() ? "" : ", ") + type;
  }
  return "func.func @main(%x0: " + type + ") -> (" + types +
         ") {\n  %c0 = arith.constant 0.0 : f32\n" + body + "  return " + values + " : " + types +
         "\n}\n";
}

// A weight the compiler must not look through: its buffer cannot be traced.
inline constexpr char kBarrier[] = R"(
func.func @main(%x: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %w = arith.constant dense<0.25> : tensor<16x64xf32>
  %v = util.optimization_barrier %w : tensor<16x64xf32>
  %a = arith.addf %x, %v : tensor<16x64xf32>
  return %a : tensor<16x64xf32>
})";

// A directory for one test, removed with it.
class CompileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "takt-compile-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  std::string write(const std::string& name, std::string_view text) const {
    const Status status = write_file(path(name), text);
    EXPECT_TRUE(status.ok()) << status.error().message;
    return path(name);
  }

  Result<CompiledModule> compile(const std::string& name, std::string_view text,
                                 CompileOptions options = {}) const {
    options.output_dir = directory_;
    return compile_module(write(name, text), options);
  }

  // The graph of a text that must compile.
  DispatchGraph graph(std::string_view text, const CompileOptions& options = {}) const {
    Result<CompiledModule> module = compile("model.mlir", text, options);
    EXPECT_TRUE(module.ok()) << module.error().message << "\n" << text;
    return module.ok() ? std::move(module->graph) : DispatchGraph{};
  }

 private:
  std::string directory_;
};

}  // namespace takt::compile
