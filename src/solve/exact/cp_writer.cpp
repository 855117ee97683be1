#include "solve/exact/cp_writer.h"

#include <algorithm>
#include <cstdlib>

#include "base/int128.h"
#include "solve/exact/cpsat_fields.h"

namespace takt::exact {
namespace {

constexpr int64_t kMost = int64_t{1} << 60;     // of a sum's absolute value

int64_t minus(int64_t bound, int64_t constant) {
  if (bound == CpWriter::kUnbounded || bound == -CpWriter::kUnbounded) return bound;
  return bound - constant;
}

}  // namespace

CpSum& CpSum::add(CpAffine term, int64_t factor) {
  constant_ += factor * term.offset;
  if (term.var >= 0) {
    vars_.push_back(term.var);
    coeffs_.push_back(factor * term.coeff);
  }
  return *this;
}

CpVar CpWriter::variable(int64_t low, int64_t high) {
  return add_variable(std::vector<int64_t>{low, high});
}

CpVar CpWriter::add_variable(std::span<const int64_t> domain) {
  WireWriter variable;
  variable.packed(field::IntegerVariableProto_domain, domain);
  model_.message(field::CpModelProto_variables, variable);
  magnitude_.push_back(std::max(std::abs(domain.front()), std::abs(domain.back())));
  too_large_ |= magnitude_.back() > kMost;
  return variable_count() - 1;
}

void CpWriter::check_range(const CpSum& sum) {
  Int128 most = sum.constant() < 0 ? -Int128{sum.constant()} : Int128{sum.constant()};
  for (size_t i = 0; i < sum.vars().size(); ++i)
    most += Int128{std::abs(sum.coeffs()[i])} * magnitude_[static_cast<size_t>(sum.vars()[i])];
  too_large_ |= most > kMost;
}

CpVar CpWriter::variable_of(std::span<const int64_t> values) {
  std::vector<int64_t> domain;
  for (const int64_t value : values) {
    if (!domain.empty() && domain.back() + 1 >= value) {
      domain.back() = value;
    } else {
      domain.push_back(value);
      domain.push_back(value);
    }
  }
  return add_variable(domain);
}

int CpWriter::constraint(int kind, const WireWriter& body, std::span<const CpLiteral> when) {
  WireWriter constraint;
  constraint.packed(field::ConstraintProto_enforcement_literal, when);
  constraint.message(kind, body);
  model_.message(field::CpModelProto_constraints, constraint);
  return constraints_++;
}

void CpWriter::linear(const CpSum& sum, int64_t low, int64_t high,
                      std::span<const CpLiteral> when) {
  check_range(sum);
  WireWriter body;
  body.packed(field::LinearConstraintProto_vars, sum.vars());
  body.packed(field::LinearConstraintProto_coeffs, sum.coeffs());
  body.packed(field::LinearConstraintProto_domain,
              std::vector<int64_t>{minus(low, sum.constant()), minus(high, sum.constant())});
  constraint(field::ConstraintProto_linear, body, when);
}

void CpWriter::exactly_one(std::span<const CpLiteral> literals) {
  WireWriter body;
  body.packed(field::BoolArgumentProto_literals, literals);
  constraint(field::ConstraintProto_exactly_one, body);
}

void CpWriter::any_of(std::span<const CpLiteral> literals) {
  WireWriter body;
  body.packed(field::BoolArgumentProto_literals, literals);
  constraint(field::ConstraintProto_bool_or, body);
}

WireWriter CpWriter::expression(CpAffine affine) {
  WireWriter expression;
  if (affine.var >= 0) {
    expression.packed(field::LinearExpressionProto_vars, std::vector<int>{affine.var});
    expression.packed(field::LinearExpressionProto_coeffs, std::vector<int64_t>{affine.coeff});
  }
  expression.integer(field::LinearExpressionProto_offset, affine.offset);
  return expression;
}

void CpWriter::equal_to_max(CpVar target, std::span<const CpAffine> terms) {
  WireWriter body;
  body.message(field::LinearArgumentProto_target, expression({target}));
  for (const CpAffine& term : terms)
    body.message(field::LinearArgumentProto_exprs, expression(term));
  constraint(field::ConstraintProto_lin_max, body);
}

int CpWriter::interval(CpAffine start, CpAffine size, CpAffine end,
                       std::span<const CpLiteral> when) {
  WireWriter body;
  body.message(field::IntervalConstraintProto_start, expression(start));
  body.message(field::IntervalConstraintProto_size, expression(size));
  body.message(field::IntervalConstraintProto_end, expression(end));
  return constraint(field::ConstraintProto_interval, body, when);
}

void CpWriter::no_overlap(std::span<const int> intervals) {
  WireWriter body;
  body.packed(field::NoOverlapConstraintProto_intervals, intervals);
  constraint(field::ConstraintProto_no_overlap, body);
}

void CpWriter::cumulative(CpAffine capacity, std::span<const int> intervals,
                          std::span<const int64_t> demands) {
  WireWriter body;
  body.message(field::CumulativeConstraintProto_capacity, expression(capacity));
  body.packed(field::CumulativeConstraintProto_intervals, intervals);
  for (const int64_t demand : demands)
    body.message(field::CumulativeConstraintProto_demands, expression({-1, demand}));
  constraint(field::ConstraintProto_cumulative, body);
}

void CpWriter::minimize(const CpSum& sum, int64_t low, int64_t high) {
  check_range(sum);
  // The offset of CpObjectiveProto is a double; a variable keeps the constant exact.
  WireWriter objective;
  std::vector<int> vars(sum.vars().begin(), sum.vars().end());
  std::vector<int64_t> coeffs(sum.coeffs().begin(), sum.coeffs().end());
  vars.push_back(variable(sum.constant(), sum.constant()));
  coeffs.push_back(1);
  objective.packed(field::CpObjectiveProto_vars, vars);
  objective.packed(field::CpObjectiveProto_coeffs, coeffs);
  objective.packed(field::CpObjectiveProto_domain, std::vector<int64_t>{low, high});
  model_.message(field::CpModelProto_objective, objective);
}

void CpWriter::hint(CpVar variable, int64_t value) {
  if (variable < 0) return;
  hinted_.resize(magnitude_.size());
  if (hinted_[static_cast<size_t>(variable)]) return;
  hinted_[static_cast<size_t>(variable)] = true;
  hint_vars_.push_back(variable);
  hint_values_.push_back(value);
}

std::string CpWriter::finish() {
  if (!hint_vars_.empty()) {
    WireWriter hint;
    hint.packed(field::PartialVariableAssignment_vars, hint_vars_);
    hint.packed(field::PartialVariableAssignment_values, hint_values_);
    model_.message(field::CpModelProto_solution_hint, hint);
  }
  return model_.bytes();
}

}  // namespace takt::exact
