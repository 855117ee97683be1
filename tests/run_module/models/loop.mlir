// Control flow around dispatches: the number of steps is an input, the state stays on the device.
func.func @main(%state: tensor<16x16xf32>, %w: tensor<16x16xf32>, %steps: i32)
    -> tensor<16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %from = arith.constant 0 : index
  %one = arith.constant 1 : index
  %to = arith.index_cast %steps : i32 to index
  %last = scf.for %i = %from to %to step %one iter_args(%s = %state) -> (tensor<16x16xf32>) {
    %e = tensor.empty() : tensor<16x16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16x16xf32>) -> tensor<16x16xf32>
    %m = linalg.matmul ins(%s, %w : tensor<16x16xf32>, tensor<16x16xf32>)
                       outs(%f : tensor<16x16xf32>) -> tensor<16x16xf32>
    %t = math.tanh %m : tensor<16x16xf32>
    scf.yield %t : tensor<16x16xf32>
  }
  return %last : tensor<16x16xf32>
}
