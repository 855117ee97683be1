// Integer constants through the arithmetic the compiler leaves around them: constants,
// casts, shifts and sums, and the block arguments the caller knows.
#pragma once

#include <optional>
#include <unordered_map>

#include "compile/ir.h"

namespace takt::compile {

using KnownValues = std::unordered_map<const void*, int64_t>;  // Value::key() -> value

// The value's constant; nothing if it depends on anything that is not known.
std::optional<int64_t> constant_of(Value value, const KnownValues& known = {});

}  // namespace takt::compile
