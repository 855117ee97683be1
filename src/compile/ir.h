// Views of MLIR operations, values and attributes: what the walks of compile/ need, with
// C++ manners. Views own nothing; they are valid as long as the module they look into.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compile/compiler_api.h"

namespace takt::compile {

class Op;

class Attr {
 public:
  Attr() = default;
  explicit Attr(MlirAttribute handle) : handle_(handle) {}

  explicit operator bool() const { return handle_.ptr != nullptr; }
  MlirAttribute handle() const { return handle_; }
  std::string print() const;
  std::optional<int64_t> as_int() const;
  std::string as_string() const;                // "" if it is not a string
  std::string symbol_root() const;              // of @root::@leaf, "" if not a symbol
  std::string symbol_leaf() const;
  std::vector<Attr> elements() const;           // of an array, else empty
  std::vector<int64_t> as_ints() const;         // dense i32/i64 array, or array of ints
  Attr get(std::string_view key) const;         // of a dictionary
  std::optional<std::string> raw_bytes() const; // of a dense vector of i8

 private:
  MlirAttribute handle_{nullptr};
};

class Value {
 public:
  Value() = default;
  explicit Value(MlirValue handle) : handle_(handle) {}

  bool operator==(const Value& other) const { return handle_.ptr == other.handle_.ptr; }
  const void* key() const { return handle_.ptr; }
  bool is_block_argument() const;
  size_t argument_number() const;  // REQUIRES: is_block_argument()
  MlirBlock argument_owner() const;
  Op definer() const;              // REQUIRES: !is_block_argument()
  size_t result_number() const;
  std::string type() const;        // as text

 private:
  MlirValue handle_{nullptr};
};

class Op {
 public:
  Op() = default;
  explicit Op(MlirOperation handle) : handle_(handle) {}

  explicit operator bool() const { return handle_.ptr != nullptr; }
  bool operator==(const Op& other) const { return handle_.ptr == other.handle_.ptr; }
  MlirOperation handle() const { return handle_; }
  std::string_view name() const;
  bool is(std::string_view expected) const { return name() == expected; }

  std::vector<Value> operands() const;
  Value operand(size_t index) const;
  Value result(size_t index) const;
  size_t result_count() const;
  // Operands of group `index` by the operandSegmentSizes attribute; empty if out of range.
  std::vector<Value> segment(size_t index) const;

  Attr attr(std::string_view key) const;
  void set_attr(std::string_view key, MlirAttribute value) const;  // discardable
  void remove_attr(std::string_view key) const;

  Op parent() const;
  MlirBlock block() const;
  std::vector<MlirBlock> blocks(size_t region = 0) const;  // empty if there is no such region
  MlirContext context() const;

  // Pre-order over this op and everything inside.
  void walk(const std::function<void(Op)>& visit) const;
  std::string print(bool local_scope = false) const;

 private:
  MlirOperation handle_{nullptr};
};

std::vector<Op> ops_of(MlirBlock block);
std::vector<Value> arguments_of(MlirBlock block);

// The first op inside `scope` with this name and sym_name; a null Op if there is none.
Op find_symbol(Op scope, std::string_view op_name, std::string_view symbol);

}  // namespace takt::compile
