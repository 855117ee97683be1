#include "compile/constant.h"

#include <charconv>

namespace takt::compile {
namespace {

// Width of an operand's integer type; index counts as 64 bits.
int bits_of(Value value) {
  const std::string type = value.type();
  if (type.size() < 2 || type[0] != 'i' || type[1] < '0' || type[1] > '9') return 64;
  int bits = 0;
  std::from_chars(type.data() + 1, type.data() + type.size(), bits);
  return bits > 0 && bits < 64 ? bits : 64;
}

uint64_t low_bits(int64_t value, int bits) {
  const auto word = static_cast<uint64_t>(value);
  return bits == 64 ? word : word & ((uint64_t{1} << bits) - 1);
}

int64_t sign_extended(int64_t value, int bits) {
  return static_cast<int64_t>(static_cast<uint64_t>(value) << (64 - bits)) >> (64 - bits);
}

std::optional<int64_t> binary(std::string_view name, int64_t a, int64_t b, int bits) {
  const auto ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  if (name == "arith.addi") return sign_extended(static_cast<int64_t>(ua + ub), bits);
  if (name == "arith.subi") return sign_extended(static_cast<int64_t>(ua - ub), bits);
  if (name == "arith.muli") return sign_extended(static_cast<int64_t>(ua * ub), bits);
  if (name == "arith.ori") return a | b;
  if (name == "arith.andi") return a & b;
  if (name == "arith.shli" && ub < 64) return sign_extended(static_cast<int64_t>(ua << ub), bits);
  if (name == "arith.shrui" && ub < 64)
    return sign_extended(static_cast<int64_t>(low_bits(a, bits) >> ub), bits);
  if (a < 0 || b <= 0) return std::nullopt;  // divisions: only where all signs agree
  if (name == "arith.divui" || name == "arith.divsi" || name == "arith.floordivsi") return a / b;
  if (name == "arith.ceildivui" || name == "arith.ceildivsi") return a / b + (a % b != 0);
  if (name == "arith.remui" || name == "arith.remsi") return a % b;
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> constant_of(Value value, const KnownValues& known) {
  if (const auto found = known.find(value.key()); found != known.end()) return found->second;
  if (value.is_block_argument()) return std::nullopt;
  const Op op = value.definer();
  const std::string_view name = op.name();
  if (name == "arith.constant") return op.attr("value").as_int();
  if (name == "util.assume.int") return constant_of(op.operand(value.result_number()), known);
  const std::vector<Value> operands = op.operands();
  if (operands.empty()) return std::nullopt;
  const std::optional<int64_t> a = constant_of(operands[0], known);
  if (!a) return std::nullopt;
  const int from = bits_of(operands[0]);
  if (name == "arith.extui" || name == "arith.index_castui")
    return static_cast<int64_t>(low_bits(*a, from));
  if (name == "arith.trunci") return sign_extended(*a, bits_of(value));
  if (name == "arith.extsi" || name == "arith.index_cast") return sign_extended(*a, from);
  if (name == "iree_tensor_ext.dispatch.workload.ordinal") return a;
  if (operands.size() != 2) return std::nullopt;
  const std::optional<int64_t> b = constant_of(operands[1], known);
  return b ? binary(name, *a, *b, from) : std::nullopt;
}

}  // namespace takt::compile
