// The protocol buffer fields of CP-SAT (OR-Tools 9.15) that takt writes and reads, by
// number. The wheel has no headers; cpsat_fields_test.cpp compares every row with the
// descriptors in the wheel. F64: a double, else a varint, a message or a packed list.
#pragma once

// X(message, field, number)
#define TAKT_CPSAT_FIELDS(X)                              \
  X(CpModelProto, variables, 2)                           \
  X(CpModelProto, constraints, 3)                         \
  X(CpModelProto, objective, 4)                           \
  X(CpModelProto, solution_hint, 6)                       \
  X(IntegerVariableProto, domain, 2)                      \
  X(ConstraintProto, enforcement_literal, 2)              \
  X(ConstraintProto, bool_or, 3)                          \
  X(ConstraintProto, exactly_one, 29)                     \
  X(ConstraintProto, lin_max, 27)                         \
  X(ConstraintProto, linear, 12)                          \
  X(ConstraintProto, interval, 19)                        \
  X(ConstraintProto, no_overlap, 20)                      \
  X(ConstraintProto, cumulative, 22)                      \
  X(BoolArgumentProto, literals, 1)                       \
  X(LinearConstraintProto, vars, 1)                       \
  X(LinearConstraintProto, coeffs, 2)                     \
  X(LinearConstraintProto, domain, 3)                     \
  X(LinearExpressionProto, vars, 1)                       \
  X(LinearExpressionProto, coeffs, 2)                     \
  X(LinearExpressionProto, offset, 3)                     \
  X(LinearArgumentProto, target, 1)                       \
  X(LinearArgumentProto, exprs, 2)                        \
  X(IntervalConstraintProto, start, 4)                    \
  X(IntervalConstraintProto, end, 5)                      \
  X(IntervalConstraintProto, size, 6)                     \
  X(NoOverlapConstraintProto, intervals, 1)               \
  X(CumulativeConstraintProto, capacity, 1)               \
  X(CumulativeConstraintProto, intervals, 2)              \
  X(CumulativeConstraintProto, demands, 3)                \
  X(CpObjectiveProto, vars, 1)                            \
  X(CpObjectiveProto, coeffs, 4)                          \
  X(CpObjectiveProto, domain, 5)                          \
  X(PartialVariableAssignment, vars, 1)                   \
  X(PartialVariableAssignment, values, 2)                 \
  X(CpSolverResponse, status, 1)                          \
  X(CpSolverResponse, solution, 2)                        \
  X(CpSolverResponse, solution_info, 20)                  \
  X(CpSolverResponse, inner_objective_lower_bound, 29)    \
  X(SatParameters, max_time_in_seconds, 36)               \
  X(SatParameters, max_deterministic_time, 67)            \
  X(SatParameters, random_seed, 31)                       \
  X(SatParameters, num_workers, 206)                      \
  X(SatParameters, use_dynamic_precedence_in_disjunctive, 263) \
  X(SatParameters, use_dynamic_precedence_in_cumulative, 268)  \
  X(SatParameters, catch_sigint_signal, 135)

namespace takt::exact::field {

#define TAKT_FIELD(message, name, number) inline constexpr int message##_##name = number;
TAKT_CPSAT_FIELDS(TAKT_FIELD)
#undef TAKT_FIELD

}  // namespace takt::exact::field
