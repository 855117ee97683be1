// Rows known only at run time: sizes, workgroup counts and buffers are computed by host code.
func.func @main(%x: tensor<?x40xf32>, %w: tensor<40x24xf32>) -> tensor<?x24xf32> {
  %zero = arith.constant 0.0 : f32
  %axis = arith.constant 0 : index
  %rows = tensor.dim %x, %axis : tensor<?x40xf32>
  %e = tensor.empty(%rows) : tensor<?x24xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x24xf32>) -> tensor<?x24xf32>
  %m = linalg.matmul ins(%x, %w : tensor<?x40xf32>, tensor<40x24xf32>)
                     outs(%f : tensor<?x24xf32>) -> tensor<?x24xf32>
  %t = math.tanh %m : tensor<?x24xf32>
  return %t : tensor<?x24xf32>
}
