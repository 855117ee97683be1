// Calls two other modules through imports with fences: nothing waits on the host in between.
module @pipeline {
  func.func private @stage_a.run(tensor<8x32xf32>, tensor<32x64xf32>) -> tensor<8x64xf32>
      attributes {iree.abi.model = "coarse-fences", nosideeffects}
  func.func private @stage_b.run(tensor<8x64xf32>) -> tensor<8x64xf32>
      attributes {iree.abi.model = "coarse-fences", nosideeffects}
  func.func @main(%x: tensor<8x32xf32>, %w: tensor<32x64xf32>) -> tensor<8x64xf32> {
    %a = call @stage_a.run(%x, %w) : (tensor<8x32xf32>, tensor<32x64xf32>) -> tensor<8x64xf32>
    %b = call @stage_b.run(%a) : (tensor<8x64xf32>) -> tensor<8x64xf32>
    return %b : tensor<8x64xf32>
  }
}
