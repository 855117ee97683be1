#include "compile/declaration.h"

#include <map>

namespace takt::compile {
namespace {

// Type of the tensor behind each buffer view argument, by argument number.
std::map<size_t, std::string> imported_tensors(Op function) {
  std::map<size_t, std::string> tensors;
  function.walk([&](Op op) {
    if (!op.is("stream.tensor.import") || !op.operand(0).is_block_argument()) return;
    tensors.emplace(op.operand(0).argument_number(), op.attr("result_encoding").print());
  });
  return tensors;
}

std::string results_text(Op function) {
  std::string text;
  size_t index = 0;
  function.walk([&](Op op) {
    if (!op.is("stream.tensor.export")) return;
    text += (index ? ", " : "") + ("%output" + std::to_string(index)) + ": " +
            op.attr("source_encoding").print();
    ++index;
  });
  return text;
}

}  // namespace

std::string declaration_of(Op function) {
  const std::string given =
      function.attr("iree.reflection").get("iree.abi.declaration").as_string();
  if (!given.empty() || function.blocks().empty()) return given;
  const std::map<size_t, std::string> tensors = imported_tensors(function);
  std::string inputs;
  size_t index = 0;
  for (const Value& argument : arguments_of(function.blocks().front())) {
    const std::string type = argument.type();
    if (type == "!hal.fence") continue;
    const auto tensor = tensors.find(argument.argument_number());
    inputs += (index ? ", " : "") + ("%input" + std::to_string(index)) + ": " +
              (tensor == tensors.end() ? type : tensor->second);
    ++index;
  }
  const bool async = function.attr("iree.abi.model").as_string() == "coarse-fences";
  return std::string(async ? "async " : "") + "func @" +
         function.attr("sym_name").as_string() + "(" + inputs + ") -> (" +
         results_text(function) + ")";
}

}  // namespace takt::compile
