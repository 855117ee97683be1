// First stage of the pipeline of pipeline.mlir.
module @stage_a {
  func.func @run(%x: tensor<8x32xf32>, %w: tensor<32x64xf32>) -> tensor<8x64xf32> {
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8x64xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8x64xf32>) -> tensor<8x64xf32>
    %m = linalg.matmul ins(%x, %w : tensor<8x32xf32>, tensor<32x64xf32>)
                       outs(%f : tensor<8x64xf32>) -> tensor<8x64xf32>
    return %m : tensor<8x64xf32>
  }
}
