// Two independent branches and a join, large enough for many workgroups; two results.
func.func @main(%x: tensor<128x96xf32>, %a: tensor<96x256xf32>, %b: tensor<96x256xf32>)
    -> (tensor<128x256xf32>, tensor<128xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<128x256xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<128x256xf32>) -> tensor<128x256xf32>
  %left = linalg.matmul ins(%x, %a : tensor<128x96xf32>, tensor<96x256xf32>)
                        outs(%f : tensor<128x256xf32>) -> tensor<128x256xf32>
  %right = linalg.matmul ins(%x, %b : tensor<128x96xf32>, tensor<96x256xf32>)
                         outs(%f : tensor<128x256xf32>) -> tensor<128x256xf32>
  %gate = math.tanh %left : tensor<128x256xf32>
  %joined = arith.mulf %gate, %right : tensor<128x256xf32>
  %er = tensor.empty() : tensor<128xf32>
  %fr = linalg.fill ins(%zero : f32) outs(%er : tensor<128xf32>) -> tensor<128xf32>
  %sums = linalg.reduce ins(%joined : tensor<128x256xf32>) outs(%fr : tensor<128xf32>)
          dimensions = [1] (%in: f32, %sum: f32) {
    %next = arith.addf %in, %sum : f32
    linalg.yield %next : f32
  }
  return %joined, %sums : tensor<128x256xf32>, tensor<128xf32>
}
