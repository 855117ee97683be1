#include "compile/kernel.h"

#include <charconv>
#include <limits>

namespace takt::compile {
namespace {

constexpr int64_t kDynamic = std::numeric_limits<int64_t>::min();
constexpr std::string_view kTensorOps = "iree_tensor_ext.dispatch.tensor.";

// The tensor a subspan is seen as: static row-major shape and bytes per element.
struct Layout {
  std::vector<int64_t> shape;
  int64_t element_bytes = 0;
  bool known = false;
  bool reads = true;   // by the declared access
  bool writes = true;
};

int64_t bytes_of_element(MlirType type) {
  std::string text;
  compiler_api().mlirTypePrint(
      type, [](MlirStringRef part, void* data) {
        static_cast<std::string*>(data)->append(part.data, part.length);
      }, &text);
  if (text == "i1") return 1;  // stored as bytes
  size_t digits = 0;
  if (text[0] == 'i' || text[0] == 'f') digits = 1;
  else if (text.rfind("si", 0) == 0 || text.rfind("ui", 0) == 0 || text.rfind("bf", 0) == 0)
    digits = 2;
  if (!digits || digits >= text.size()) return 0;
  int bits = 0;
  std::from_chars(text.data() + digits, text.data() + text.size(), bits);
  return bits % 8 == 0 ? bits / 8 : 0;  // packed sub-byte types are left to the fall-back
}

// "!iree_tensor_ext.dispatch.tensor<readonly:tensor<4x8xf32>>"
Layout layout_of(MlirContext context, const std::string& type) {
  Layout layout;
  const size_t open = type.find("dispatch.tensor<");
  const size_t colon = type.find(':', open);
  if (open == std::string::npos || colon == std::string::npos) return layout;
  const std::string access = type.substr(open + 16, colon - open - 16);
  layout.reads = access != "writeonly";
  layout.writes = access != "readonly";
  const std::string tensor = type.substr(colon + 1, type.size() - colon - 2);
  const CompilerApi& api = compiler_api();
  const MlirType parsed = api.mlirTypeParseGet(context, {tensor.data(), tensor.size()});
  if (!parsed.ptr || !api.mlirTypeIsARankedTensor(parsed)) return layout;
  if (api.mlirRankedTensorTypeGetEncoding(parsed).ptr) return layout;
  layout.element_bytes = bytes_of_element(api.mlirShapedTypeGetElementType(parsed));
  layout.known = layout.element_bytes > 0;
  const int64_t rank = api.mlirShapedTypeGetRank(parsed);
  for (int64_t d = 0; d < rank; ++d) {
    if (api.mlirShapedTypeIsDynamicDim(parsed, d)) layout.known = false;
    else layout.shape.push_back(api.mlirShapedTypeGetDimSize(parsed, d));
  }
  return layout;
}

// The static list of a load's or store's offsets, sizes or strides, with its dynamic values
// looked up; empty if one of them is not known.
std::vector<int64_t> slice_list(Op op, const char* key, size_t segment, const KnownValues& known) {
  std::vector<int64_t> list = op.attr(key).as_ints();
  const std::vector<Value> dynamic = op.segment(segment);
  size_t next = 0;
  for (int64_t& value : list) {
    if (value != kDynamic) continue;
    if (next == dynamic.size()) return {};
    const std::optional<int64_t> constant = constant_of(dynamic[next++], known);
    if (!constant) return {};
    value = *constant;
  }
  return list;
}

struct Slice {
  ByteRange range;
  bool contiguous = false;
};

// Hull of the bytes of a slice. Nothing if it is not fully known or does not fit the tensor.
std::optional<Slice> slice_of(Op op, size_t first_segment, const Layout& layout,
                              const KnownValues& known) {
  const size_t rank = layout.shape.size();
  if (!layout.known) return std::nullopt;
  const auto offsets = slice_list(op, "static_offsets", first_segment, known);
  const auto sizes = slice_list(op, "static_sizes", first_segment + 1, known);
  const auto strides = slice_list(op, "static_strides", first_segment + 2, known);
  if (offsets.size() != rank || sizes.size() != rank || strides.size() != rank) return std::nullopt;
  int64_t first = 0, last = 0, count = 1, pitch = 1;
  for (size_t d = rank; d-- > 0;) {
    if (sizes[d] < 1 || offsets[d] < 0 || strides[d] < 1) return std::nullopt;
    if (offsets[d] + (sizes[d] - 1) * strides[d] >= layout.shape[d]) return std::nullopt;
    first += offsets[d] * pitch;
    last += (offsets[d] + (sizes[d] - 1) * strides[d]) * pitch;
    count *= sizes[d];
    pitch *= layout.shape[d];
  }
  const int64_t width = layout.element_bytes;
  return Slice{{first * width, (last - first + 1) * width}, last - first + 1 == count};
}

class Analysis {
 public:
  Analysis(Op function, const std::vector<std::optional<int64_t>>& operands) {
    const MlirBlock entry = function.blocks()[0];
    size_t next_operand = 0;
    for (const Value argument : arguments_of(entry)) {
      if (argument.type() == "!stream.binding") {
        bindings_.emplace(argument.key(), bindings_.size());
      } else if (next_operand < operands.size()) {
        if (const auto& value = operands[next_operand++]) known_[argument.key()] = *value;
      }
    }
    result_.known = true;
    function.walk([&](Op op) { visit(op); });
  }

  KernelUses take() { return std::move(result_); }

 private:
  struct Subspan {
    size_t binding;
    std::optional<int64_t> offset;
    Layout layout;
  };

  void visit(Op op) {
    if (op.is("stream.binding.subspan")) return note_subspan(op);
    const std::vector<Value> operands = op.operands();
    for (size_t i = 0; i < operands.size(); ++i) {
      if (bindings_.count(operands[i].key())) result_.known = false;  // unknown user
      const auto found = subspans_.find(operands[i].key());
      if (found != subspans_.end()) note_use(op, i, found->second);
    }
  }

  void note_subspan(Op op) {
    const auto binding = bindings_.find(op.operand(0).key());
    if (binding == bindings_.end()) {
      result_.known = false;
      return;
    }
    subspans_[op.result(0).key()] = {binding->second, constant_of(op.operand(1), known_),
                                     layout_of(op.context(), op.result(0).type())};
  }

  void note_use(Op op, size_t operand, const Subspan& subspan) {
    KernelUse use{.binding = subspan.binding};
    std::optional<Slice> slice;
    const bool load = op.name() == std::string(kTensorOps) + "load" && operand == 0;
    const bool store = op.name() == std::string(kTensorOps) + "store" && operand == 1;
    if (load) slice = slice_of(op, 2, subspan.layout, known_);
    if (store) slice = slice_of(op, 3, subspan.layout, known_);
    use.reads = load || (!store && subspan.layout.reads);
    use.writes = store || (!load && subspan.layout.writes);
    if (!subspan.offset) {
      use.to_end = true;
    } else if (slice) {
      use.range = {*subspan.offset + slice->range.offset, slice->range.length};
      use.covers = slice->contiguous;
    } else if (subspan.layout.known) {
      use.range = {*subspan.offset, subspan.layout.element_bytes};
      for (const int64_t dim : subspan.layout.shape) use.range.length *= dim;
    } else {
      use.range.offset = *subspan.offset;
      use.to_end = true;
    }
    result_.uses.push_back(use);
  }

  KernelUses result_;
  KnownValues known_;
  std::unordered_map<const void*, size_t> bindings_;
  std::unordered_map<const void*, Subspan> subspans_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto part_of_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) ||
                                                c == '_' || c == '$' || c == '.'; };
  size_t at = 0;
  while ((at = text.find(from, at)) != std::string::npos) {
    const size_t end = at + from.size();
    if (end < text.size() && part_of_name(text[end])) {
      at = end;
      continue;
    }
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

}  // namespace

KernelUses kernel_uses(Op module, const std::string& executable, const std::string& entry,
                       const std::vector<std::optional<int64_t>>& operands) {
  const Op owner = find_symbol(module, "stream.executable", executable);
  if (!owner) return {};
  const Op exported = find_symbol(owner, "stream.executable.export", entry);
  if (!exported) return {};
  const Op function = find_symbol(owner, "func.func", exported.attr("function_ref").symbol_root());
  if (!function || function.blocks().empty()) return {};
  return Analysis(function, operands).take();
}

std::string kernel_text(Op module, const std::string& executable, const std::string& entry) {
  Op owner = find_symbol(module, "stream.executable", executable);
  if (!owner) owner = find_symbol(module, "hal.executable", executable);
  if (!owner) return "";
  std::string text = owner.print(/*local_scope=*/true);
  size_t exports = 0;
  std::vector<std::string> names;
  owner.walk([&](Op op) {
    if (!op.is("stream.executable.export") && !op.is("hal.executable.export")) return;
    names.push_back(op.attr("sym_name").as_string());
    ++exports;
  });
  for (size_t i = 0; i < names.size(); ++i)
    text = replaced(text, "@" + names[i], "@kernel" + std::to_string(i));
  text = replaced(text, "@" + executable, "@executable");
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == entry && exports > 1) text += "\nentry " + std::to_string(i);
  return text;
}

}  // namespace takt::compile
