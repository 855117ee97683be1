#include "solve/exact/cpsat_engine.h"

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "solve/exact/cpsat_fields.h"
#include "solve/exact/solver_process.h"
#include "solve/exact/wire.h"

namespace takt::exact {
namespace {

// Machines only: every pool has one lane, every mode one demand, nothing is decided or related
// beyond precedence.
bool is_plain_shop(const Problem& problem, const CpQuestion& question) {
  const Instance& instance = problem.instance();
  if (!question.fixed.empty() || !instance.links.empty() || !instance.commitments.empty() ||
      !instance.outages.empty() || !instance.mode_groups.empty())
    return false;
  for (const Pool& pool : instance.pools)
    if (pool.lanes.size() != 1) return false;
  for (uint32_t op = 0; op < problem.size(); ++op)
    for (const FlatMode& mode : problem.modes(op))
      if (mode.demands.size() != 1) return false;
  return true;
}

// Tuning, measured with 9.15 on one core that others used too, 8 s each: the proof that nothing
// is below the best known makespan, as conflicts and seconds ("-": no proof).
//                              mk05        09a       mt10x        mt10xyz      setb4cc
//   default, 1 worker          -           -         -            29640 7.5    -
//   default, 2 workers         -           -         -            -            -
//   default, 4 workers         0 0.1       0 0.2     4864 6.2     4592 5.7     1668 5.8
//   default, 8 workers         0 0.1       0 0.4     -            -            1065 6.9
//   linearization_level 0      -           -         4495 1.2     4805 1.2     1364 0.7
//   linearization_level 2      0 0.1       0 0.9     10996 4.0    4644 1.3     2281 2.2
//   the next two together, 1   0 0.02      0 0.1     1143 0.4     764 0.3      281 0.3
// - CpModel::add_load says the load of each pool, which linearization_level 1 then bounds by;
// - use_dynamic_precedence_in_disjunctive learns orders of pairs. Only for plain shops: with
//   other features it ended the process ("adding conflicting constraint at positive level") in
//   about 1 of 100 tiny instances, or did not end.
// More workers on one core take turns, and gain nothing once these two are there. seti5xyz
// (1125) is not proven in 8 s by any of them.
std::string parameters_of(const CpSatRequest& request, bool dynamic_precedence) {
  WireWriter parameters;
  const double limit = static_cast<double>(std::max(request.time_limit, Nanos(0)).ns) / 1e9;
  parameters.real(request.deterministic ? field::SatParameters_max_deterministic_time
                                        : field::SatParameters_max_time_in_seconds,
                  limit);
  parameters.integer(field::SatParameters_num_workers,
                     request.deterministic ? 1 : std::max(request.workers, 1));
  parameters.integer(field::SatParameters_random_seed,
                     static_cast<int64_t>(request.seed & 0x7fffffff));
  parameters.integer(field::SatParameters_catch_sigint_signal, 0);
  parameters.integer(field::SatParameters_use_dynamic_precedence_in_disjunctive,
                     dynamic_precedence);
  return parameters.bytes();
}

struct Response {
  enum Status { kUnknown, kModelInvalid, kFeasible, kInfeasible, kOptimal };
  int64_t status = kUnknown;
  std::vector<int64_t> solution;
  int64_t bound = 0;
  std::string info;
};

Result<Response> parse_response(std::string_view bytes) {
  Response response;
  WireReader reader(bytes);
  while (const std::optional<WireField> field = reader.next()) {
    switch (field->number) {
      case field::CpSolverResponse_status: response.status = field->integer; break;
      case field::CpSolverResponse_inner_objective_lower_bound:
        response.bound = field->integer;
        break;
      case field::CpSolverResponse_solution_info: response.info = field->bytes; break;
      case field::CpSolverResponse_solution: {
        std::optional<std::vector<int64_t>> values = unpack(field->bytes);
        if (!values) return failed("CP-SAT: its solution cannot be read");
        response.solution = std::move(*values);
        break;
      }
      default: break;
    }
  }
  if (reader.bad()) return failed("CP-SAT: its response cannot be read");
  return response;
}

CpSatOutcome outcome_of(const Response& response, const Problem& problem, const CpModel& model,
                        const CpQuestion& question) {
  using Status = CpSatOutcome::Status;
  CpSatOutcome outcome;
  outcome.bound = std::max(response.bound, question.lower);
  switch (response.status) {
    case Response::kUnknown: outcome.status = Status::kLimit; return outcome;
    case Response::kInfeasible:
      outcome.status = Status::kNoBetter;
      outcome.bound = question.upper;
      return outcome;
    case Response::kFeasible: outcome.status = Status::kBetter; break;
    case Response::kOptimal: outcome.status = Status::kOptimal; break;
    default:
      outcome.status = Status::kError;
      outcome.error = "CP-SAT rejects the model: " + response.info;
      return outcome;
  }
  outcome.schedule = model.schedule_of(response.solution);
  const int64_t value = score_of(problem, *outcome.schedule)[question.level];
  if (outcome.status == Status::kOptimal) outcome.bound = value;
  CHECK_MSG(outcome.bound <= value, "CP-SAT: a schedule below the bound");
  return outcome;
}

CpSatOutcome answer(const CpSatLibrary& library, const Problem& problem,
                    const CpSatRequest& request, Nanos deadline) {
  CpSatOutcome outcome;
  outcome.bound = request.question.lower;
  if (request.stop.stop_requested()) return outcome;
  CpModel model(problem, request.question);
  if (model.too_large()) {
    outcome.status = CpSatOutcome::Status::kError;
    outcome.error = "CP-SAT: times or weights are too large for it (sums reach 2^60)";
    return outcome;
  }
  if (model.infeasible()) {
    outcome.status = CpSatOutcome::Status::kNoBetter;
    outcome.bound = request.question.upper;
    return outcome;
  }
  const bool plain = is_plain_shop(problem, request.question);
  SolverTask task{model.finish(), parameters_of(request, plain), request.cpus,
                  request.deterministic ? Nanos::max() : deadline, request.stop};
  Result<std::optional<std::string>> bytes = solve_in_child(library, task);
  if (!bytes && plain) {
    task.parameters = parameters_of(request, false);
    bytes = solve_in_child(library, task);
  }
  if (!bytes) {
    outcome.status = CpSatOutcome::Status::kError;
    outcome.error = bytes.error().message;
    return outcome;
  }
  if (!*bytes) return outcome;
  const Result<Response> response = parse_response(**bytes);
  if (!response) {
    outcome.status = CpSatOutcome::Status::kError;
    outcome.error = response.error().message;
    return outcome;
  }
  return outcome_of(*response, problem, model, request.question);
}

}  // namespace

std::string_view name_of(CpSatOutcome::Status status) {
  switch (status) {
    case CpSatOutcome::Status::kOptimal: return "optimal";
    case CpSatOutcome::Status::kBetter: return "better";
    case CpSatOutcome::Status::kNoBetter: return "no_better";
    case CpSatOutcome::Status::kLimit: return "limit";
    case CpSatOutcome::Status::kError: return "error";
  }
  return "";
}

CpSatOutcome run_cpsat(const CpSatLibrary& library, const Problem& problem,
                       const CpSatRequest& request) {
  const Nanos begun = monotonic_now();
  CpSatOutcome outcome = answer(library, problem, request, begun + request.time_limit);
  outcome.wall_time = monotonic_now() - begun;
  return outcome;
}

}  // namespace takt::exact
