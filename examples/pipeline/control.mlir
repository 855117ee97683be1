// Second module: two views of the same cells to one bounded command per feature,
// tanh(mean over cells of left - right).
module @control {
  func.func @decide(%left: tensor<16x32xf32>, %right: tensor<16x32xf32>) -> tensor<32xf32> {
    %zero = arith.constant 0.0 : f32
    %cells = arith.constant dense<16.0> : tensor<32xf32>
    %empty = tensor.empty() : tensor<32xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<32xf32>) -> tensor<32xf32>
    %sum = linalg.generic {
        indexing_maps = [affine_map<(j, i) -> (i, j)>, affine_map<(j, i) -> (i, j)>,
                         affine_map<(j, i) -> (j)>],
        iterator_types = ["parallel", "reduction"]}
        ins(%left, %right : tensor<16x32xf32>, tensor<16x32xf32>) outs(%init : tensor<32xf32>) {
    ^bb0(%a: f32, %b: f32, %so_far: f32):
      %difference = arith.subf %a, %b : f32
      %total = arith.addf %so_far, %difference : f32
      linalg.yield %total : f32
    } -> tensor<32xf32>
    %mean = arith.divf %sum, %cells : tensor<32xf32>
    %command = math.tanh %mean : tensor<32xf32>
    return %command : tensor<32xf32>
  }
}
