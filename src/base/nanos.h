// Nanos: the one time type. A signed count of nanoseconds; a duration or a point on
// the run's clock (monotonic), never wall-clock time. Arithmetic is plain integer
// arithmetic: 2^63 ns are 292 years. Floating-point time exists only for display.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace takt {

struct Nanos {
  int64_t ns = 0;

  constexpr Nanos() = default;
  constexpr explicit Nanos(int64_t value_ns) : ns(value_ns) {}

  constexpr auto operator<=>(const Nanos&) const = default;
  constexpr Nanos operator-() const { return Nanos(-ns); }
  constexpr Nanos& operator+=(Nanos other) { ns += other.ns; return *this; }
  constexpr Nanos& operator-=(Nanos other) { ns -= other.ns; return *this; }
  friend constexpr Nanos operator+(Nanos a, Nanos b) { return Nanos(a.ns + b.ns); }
  friend constexpr Nanos operator-(Nanos a, Nanos b) { return Nanos(a.ns - b.ns); }
  friend constexpr Nanos operator*(Nanos a, int64_t k) { return Nanos(a.ns * k); }
  friend constexpr Nanos operator*(int64_t k, Nanos a) { return Nanos(a.ns * k); }
  friend constexpr Nanos operator/(Nanos a, int64_t k) { return Nanos(a.ns / k); }
  friend constexpr int64_t operator/(Nanos a, Nanos b) { return a.ns / b.ns; }
  friend constexpr Nanos operator%(Nanos a, Nanos b) { return Nanos(a.ns % b.ns); }

  constexpr double us() const { return static_cast<double>(ns) / 1e3; }
  constexpr double ms() const { return static_cast<double>(ns) / 1e6; }

  static constexpr Nanos max() { return Nanos(std::numeric_limits<int64_t>::max()); }
  static constexpr Nanos min() { return Nanos(std::numeric_limits<int64_t>::min()); }
};

constexpr Nanos nanos(int64_t v) { return Nanos(v); }
constexpr Nanos micros(int64_t v) { return Nanos(v * 1'000); }
constexpr Nanos millis(int64_t v) { return Nanos(v * 1'000'000); }
constexpr Nanos seconds(int64_t v) { return Nanos(v * 1'000'000'000); }

}  // namespace takt
