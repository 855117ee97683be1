// Second stage of the pipeline of pipeline.mlir.
module @stage_b {
  func.func @run(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
    %t = math.tanh %x : tensor<8x64xf32>
    %y = arith.addf %t, %x : tensor<8x64xf32>
    return %y : tensor<8x64xf32>
  }
}
