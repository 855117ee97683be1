// The declaration of a function for people and for whoever feeds it:
//   "async func @main(%input0: tensor<1x48xf32>) -> (%output0: tensor<1x256xf32>)"
#pragma once

#include <string>

#include "compile/ir.h"

namespace takt::compile {

// IREE's own (iree.abi.declaration) where the function has one. The torch and ONNX
// importers leave it out; then the same text is made of the tensors that the function
// imports and exports at the stream phase. An argument that is no tensor keeps its type.
std::string declaration_of(Op function);

}  // namespace takt::compile
