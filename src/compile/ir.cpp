#include "compile/ir.h"

namespace takt::compile {
namespace {

MlirStringRef ref(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(MlirStringRef text) { return {text.data, text.length}; }

void append(MlirStringRef part, void* text) {
  static_cast<std::string*>(text)->append(part.data, part.length);
}

}  // namespace

std::string Attr::print() const {
  std::string text;
  if (handle_.ptr) compiler_api().mlirAttributePrint(handle_, append, &text);
  return text;
}

std::optional<int64_t> Attr::as_int() const {
  const CompilerApi& api = compiler_api();
  if (!handle_.ptr || !api.mlirAttributeIsAInteger(handle_)) return std::nullopt;
  if (api.mlirIntegerAttrGetValueBitWidth(handle_) > 64) return std::nullopt;
  return api.mlirIntegerAttrGetValueInt(handle_);
}

std::string Attr::as_string() const {
  const CompilerApi& api = compiler_api();
  if (!handle_.ptr || !api.mlirAttributeIsAString(handle_)) return "";
  return std::string(view(api.mlirStringAttrGetValue(handle_)));
}

std::string Attr::symbol_root() const {
  const CompilerApi& api = compiler_api();
  if (!handle_.ptr || !api.mlirAttributeIsASymbolRef(handle_)) return "";
  return std::string(view(api.mlirSymbolRefAttrGetRootReference(handle_)));
}

std::string Attr::symbol_leaf() const {
  const CompilerApi& api = compiler_api();
  if (!handle_.ptr || !api.mlirAttributeIsASymbolRef(handle_)) return "";
  return std::string(view(api.mlirSymbolRefAttrGetLeafReference(handle_)));
}

std::vector<Attr> Attr::elements() const {
  const CompilerApi& api = compiler_api();
  std::vector<Attr> list;
  if (!handle_.ptr || !api.mlirAttributeIsAArray(handle_)) return list;
  const intptr_t count = api.mlirArrayAttrGetNumElements(handle_);
  for (intptr_t i = 0; i < count; ++i)
    list.push_back(Attr(api.mlirArrayAttrGetElement(handle_, i)));
  return list;
}

std::vector<int64_t> Attr::as_ints() const {
  const CompilerApi& api = compiler_api();
  std::vector<int64_t> list;
  if (!handle_.ptr) return list;
  const bool is_i32 = api.mlirAttributeIsADenseI32Array(handle_);
  if (is_i32 || api.mlirAttributeIsADenseI64Array(handle_)) {
    const intptr_t count = api.mlirDenseArrayGetNumElements(handle_);
    for (intptr_t i = 0; i < count; ++i)
      list.push_back(is_i32 ? api.mlirDenseI32ArrayGetElement(handle_, i)
                            : api.mlirDenseI64ArrayGetElement(handle_, i));
    return list;
  }
  for (Attr element : elements()) {
    const std::optional<int64_t> value = element.as_int();
    if (!value) return {};
    list.push_back(*value);
  }
  return list;
}

Attr Attr::get(std::string_view key) const {
  const CompilerApi& api = compiler_api();
  if (!handle_.ptr || !api.mlirAttributeIsADictionary(handle_)) return Attr();
  return Attr(api.mlirDictionaryAttrGetElementByName(handle_, ref(key)));
}

std::optional<std::string> Attr::raw_bytes() const {
  const CompilerApi& api = compiler_api();
  if (!handle_.ptr || !api.mlirAttributeIsADenseElements(handle_)) return std::nullopt;
  if (api.mlirDenseElementsAttrIsSplat(handle_)) return std::nullopt;
  const MlirType type = api.mlirAttributeGetType(handle_);
  if (api.mlirShapedTypeGetRank(type) != 1) return std::nullopt;
  const auto size = static_cast<size_t>(api.mlirShapedTypeGetDimSize(type, 0));
  return std::string(static_cast<const char*>(api.mlirDenseElementsAttrGetRawData(handle_)), size);
}

bool Value::is_block_argument() const { return compiler_api().mlirValueIsABlockArgument(handle_); }
size_t Value::argument_number() const {
  return static_cast<size_t>(compiler_api().mlirBlockArgumentGetArgNumber(handle_));
}
MlirBlock Value::argument_owner() const {
  return compiler_api().mlirBlockArgumentGetOwner(handle_);
}
Op Value::definer() const { return Op(compiler_api().mlirOpResultGetOwner(handle_)); }
size_t Value::result_number() const {
  return static_cast<size_t>(compiler_api().mlirOpResultGetResultNumber(handle_));
}
std::string Value::type() const {
  std::string text;
  compiler_api().mlirTypePrint(compiler_api().mlirValueGetType(handle_), append, &text);
  return text;
}

std::string_view Op::name() const {
  return view(compiler_api().mlirIdentifierStr(compiler_api().mlirOperationGetName(handle_)));
}

std::vector<Value> Op::operands() const {
  std::vector<Value> list;
  const intptr_t count = compiler_api().mlirOperationGetNumOperands(handle_);
  for (intptr_t i = 0; i < count; ++i)
    list.push_back(Value(compiler_api().mlirOperationGetOperand(handle_, i)));
  return list;
}

Value Op::operand(size_t index) const {
  return Value(compiler_api().mlirOperationGetOperand(handle_, static_cast<intptr_t>(index)));
}
Value Op::result(size_t index) const {
  return Value(compiler_api().mlirOperationGetResult(handle_, static_cast<intptr_t>(index)));
}
size_t Op::result_count() const {
  return static_cast<size_t>(compiler_api().mlirOperationGetNumResults(handle_));
}

std::vector<Value> Op::segment(size_t index) const {
  const std::vector<int64_t> sizes = attr("operandSegmentSizes").as_ints();
  if (index >= sizes.size()) return {};
  size_t first = 0;
  for (size_t i = 0; i < index; ++i) first += static_cast<size_t>(sizes[i]);
  std::vector<Value> list;
  for (size_t i = 0; i < static_cast<size_t>(sizes[index]); ++i)
    list.push_back(operand(first + i));
  return list;
}

Attr Op::attr(std::string_view key) const {
  return Attr(compiler_api().mlirOperationGetAttributeByName(handle_, ref(key)));
}
void Op::set_attr(std::string_view key, MlirAttribute value) const {
  compiler_api().mlirOperationSetDiscardableAttributeByName(handle_, ref(key), value);
}
void Op::remove_attr(std::string_view key) const {
  compiler_api().mlirOperationRemoveDiscardableAttributeByName(handle_, ref(key));
}

Op Op::parent() const { return Op(compiler_api().mlirOperationGetParentOperation(handle_)); }
MlirBlock Op::block() const { return compiler_api().mlirOperationGetBlock(handle_); }
MlirContext Op::context() const { return compiler_api().mlirOperationGetContext(handle_); }

std::vector<MlirBlock> Op::blocks(size_t region) const {
  const CompilerApi& api = compiler_api();
  std::vector<MlirBlock> list;
  if (static_cast<intptr_t>(region) >= api.mlirOperationGetNumRegions(handle_)) return list;
  const MlirRegion inside = api.mlirOperationGetRegion(handle_, static_cast<intptr_t>(region));
  MlirBlock block = api.mlirRegionGetFirstBlock(inside);
  for (; block.ptr; block = api.mlirBlockGetNextInRegion(block)) list.push_back(block);
  return list;
}

void Op::walk(const std::function<void(Op)>& visit) const {
  const auto call = [](MlirOperation op, void* data) {
    (*static_cast<const std::function<void(Op)>*>(data))(Op(op));
    return 0;
  };
  compiler_api().mlirOperationWalk(
      handle_, call, const_cast<void*>(static_cast<const void*>(&visit)), /*pre-order*/ 0);
}

std::string Op::print(bool local_scope) const {
  const CompilerApi& api = compiler_api();
  const MlirOpPrintingFlags flags = api.mlirOpPrintingFlagsCreate();
  if (local_scope) api.mlirOpPrintingFlagsUseLocalScope(flags);
  std::string text;
  api.mlirOperationPrintWithFlags(handle_, flags, append, &text);
  api.mlirOpPrintingFlagsDestroy(flags);
  return text;
}

std::vector<Op> ops_of(MlirBlock block) {
  std::vector<Op> list;
  MlirOperation op = compiler_api().mlirBlockGetFirstOperation(block);
  for (; op.ptr; op = compiler_api().mlirOperationGetNextInBlock(op)) list.push_back(Op(op));
  return list;
}

std::vector<Value> arguments_of(MlirBlock block) {
  std::vector<Value> list;
  const intptr_t count = compiler_api().mlirBlockGetNumArguments(block);
  for (intptr_t i = 0; i < count; ++i)
    list.push_back(Value(compiler_api().mlirBlockGetArgument(block, i)));
  return list;
}

Op find_symbol(Op scope, std::string_view op_name, std::string_view symbol) {
  Op found;
  scope.walk([&](Op op) {
    if (!found && op.is(op_name) && op.attr("sym_name").as_string() == symbol) found = op;
  });
  return found;
}

}  // namespace takt::compile
