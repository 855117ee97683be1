// First module: 24 readings of each of 16 cells to 32 features, relu(x . w).
// The weights are made by index, w[i, j] = sin(i * 32 + j) / 4, and folded by the compiler.
module @features {
  func.func private @weights() -> tensor<24x32xf32> {
    %empty = tensor.empty() : tensor<24x32xf32>
    %w = linalg.generic {
        indexing_maps = [affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]} outs(%empty : tensor<24x32xf32>) {
    ^bb0(%out: f32):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %columns = arith.constant 32 : index
      %row = arith.muli %i, %columns : index
      %k = arith.addi %row, %j : index
      %k32 = arith.index_cast %k : index to i32
      %phase = arith.sitofp %k32 : i32 to f32
      %sine = math.sin %phase : f32
      %quarter = arith.constant 0.25 : f32
      %value = arith.mulf %sine, %quarter : f32
      linalg.yield %value : f32
    } -> tensor<24x32xf32>
    return %w : tensor<24x32xf32>
  }

  func.func @extract(%x: tensor<16x24xf32>) -> tensor<16x32xf32> {
    %w = call @weights() : () -> tensor<24x32xf32>
    %zero = arith.constant 0.0 : f32
    %zeros = arith.constant dense<0.0> : tensor<16x32xf32>
    %empty = tensor.empty() : tensor<16x32xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x32xf32>) -> tensor<16x32xf32>
    %y = linalg.matmul ins(%x, %w : tensor<16x24xf32>, tensor<24x32xf32>)
                       outs(%init : tensor<16x32xf32>) -> tensor<16x32xf32>
    %relu = arith.maximumf %y, %zeros : tensor<16x32xf32>
    return %relu : tensor<16x32xf32>
  }
}
