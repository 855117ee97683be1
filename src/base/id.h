// Id<Tag>: a typed index. Two kinds of ids do not mix, and an id is not a count.
// `kNone` is the one invalid value; value() is the index into the owning vector.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace takt {

template <class Tag>
class Id {
 public:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  constexpr Id() = default;
  constexpr explicit Id(uint32_t value) : value_(value) {}
  constexpr explicit Id(size_t value) : value_(static_cast<uint32_t>(value)) {}

  constexpr uint32_t value() const { return value_; }
  constexpr bool valid() const { return value_ != kNone; }
  constexpr auto operator<=>(const Id&) const = default;

 private:
  uint32_t value_ = kNone;
};

}  // namespace takt

template <class Tag>
struct std::hash<takt::Id<Tag>> {
  size_t operator()(takt::Id<Tag> id) const noexcept { return id.value(); }
};
