// Third module: the mission. It owns no kernel; it calls the other two through imports that
// carry fences, so the host issues all three calls without waiting for any of them. The two
// calls of @features.extract depend on nothing but their images and may overlap.
module @pipeline {
  func.func private @features.extract(tensor<16x24xf32>) -> tensor<16x32xf32>
      attributes {iree.abi.model = "coarse-fences", nosideeffects}
  func.func private @control.decide(tensor<16x32xf32>, tensor<16x32xf32>) -> tensor<32xf32>
      attributes {iree.abi.model = "coarse-fences", nosideeffects}

  func.func @main(%left: tensor<16x24xf32>, %right: tensor<16x24xf32>) -> tensor<32xf32> {
    %a = call @features.extract(%left) : (tensor<16x24xf32>) -> tensor<16x32xf32>
    %b = call @features.extract(%right) : (tensor<16x24xf32>) -> tensor<16x32xf32>
    %command = call @control.decide(%a, %b)
        : (tensor<16x32xf32>, tensor<16x32xf32>) -> tensor<32xf32>
    return %command : tensor<32xf32>
  }
}
