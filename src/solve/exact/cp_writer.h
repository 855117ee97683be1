// CpWriter: a constraint model for CP-SAT, written as it grows into a serialized
// CpModelProto. Knows variables and constraints, nothing of scheduling.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "solve/exact/wire.h"

namespace takt::exact {

// A variable is its index; a literal is a 0-1 variable or the negation of one.
using CpVar = int;
using CpLiteral = int;
constexpr CpLiteral negated(CpLiteral literal) { return -literal - 1; }

// coeff * var + offset; a constant when var < 0.
struct CpAffine {
  CpVar var = -1;
  int64_t offset = 0;
  int64_t coeff = 1;

  CpAffine plus(int64_t constant) const { return {var, offset + constant, coeff}; }
};

// A sum of affine expressions.
class CpSum {
 public:
  CpSum& add(CpAffine term, int64_t factor = 1);
  std::span<const CpVar> vars() const { return vars_; }
  std::span<const int64_t> coeffs() const { return coeffs_; }
  int64_t constant() const { return constant_; }

 private:
  std::vector<CpVar> vars_;
  std::vector<int64_t> coeffs_;
  int64_t constant_ = 0;
};

class CpWriter {
 public:
  static constexpr int64_t kUnbounded = INT64_MAX;   // and -kUnbounded

  CpVar variable(int64_t low, int64_t high);
  CpVar variable_of(std::span<const int64_t> values);  // one of these, ascending
  CpLiteral literal() { return variable(0, 1); }
  int variable_count() const { return static_cast<int>(magnitude_.size()); }
  // A value or a sum may leave the range in which CP-SAT computes: the model is of no use.
  bool too_large() const { return too_large_; }

  // low <= sum <= high wherever all literals of `when` hold.
  void linear(const CpSum& sum, int64_t low, int64_t high, std::span<const CpLiteral> when = {});
  void exactly_one(std::span<const CpLiteral> literals);
  void any_of(std::span<const CpLiteral> literals);
  void equal_to_max(CpVar target, std::span<const CpAffine> terms);
  // The index of an interval constraint, for no_overlap and cumulative.
  int interval(CpAffine start, CpAffine size, CpAffine end, std::span<const CpLiteral> when = {});
  void no_overlap(std::span<const int> intervals);
  void cumulative(CpAffine capacity, std::span<const int> intervals,
                  std::span<const int64_t> demands);
  // Minimise the sum, whose value lies in [low, high].
  void minimize(const CpSum& sum, int64_t low, int64_t high);
  // The first one for a variable counts: CP-SAT rejects a model with two. Negative: no effect.
  void hint(CpVar variable, int64_t value);

  // The serialized model. Call it last.
  std::string finish();

 private:
  CpVar add_variable(std::span<const int64_t> domain);
  void check_range(const CpSum& sum);
  int constraint(int kind, const WireWriter& body, std::span<const CpLiteral> when = {});
  static WireWriter expression(CpAffine affine);

  WireWriter model_;
  int constraints_ = 0;
  std::vector<int64_t> magnitude_;               // by variable: the greatest absolute value
  bool too_large_ = false;
  std::vector<bool> hinted_;                     // by variable
  std::vector<int> hint_vars_;
  std::vector<int64_t> hint_values_;
};

}  // namespace takt::exact
