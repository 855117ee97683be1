// Three dense layers one after another: each wave has one dispatch.
func.func @main(%x: tensor<4x48xf32>, %w1: tensor<48x64xf32>, %w2: tensor<64x32xf32>,
                %w3: tensor<32x12xf32>) -> tensor<4x12xf32> {
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<4x64xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4x64xf32>) -> tensor<4x64xf32>
  %m1 = linalg.matmul ins(%x, %w1 : tensor<4x48xf32>, tensor<48x64xf32>)
                      outs(%f1 : tensor<4x64xf32>) -> tensor<4x64xf32>
  %t1 = math.tanh %m1 : tensor<4x64xf32>
  %e2 = tensor.empty() : tensor<4x32xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<4x32xf32>) -> tensor<4x32xf32>
  %m2 = linalg.matmul ins(%t1, %w2 : tensor<4x64xf32>, tensor<64x32xf32>)
                      outs(%f2 : tensor<4x32xf32>) -> tensor<4x32xf32>
  %t2 = math.tanh %m2 : tensor<4x32xf32>
  %e3 = tensor.empty() : tensor<4x12xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<4x12xf32>) -> tensor<4x12xf32>
  %m3 = linalg.matmul ins(%t2, %w3 : tensor<4x32xf32>, tensor<32x12xf32>)
                      outs(%f3 : tensor<4x12xf32>) -> tensor<4x12xf32>
  return %m3 : tensor<4x12xf32>
}
