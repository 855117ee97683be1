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

// Tuning, measured with OR-Tools 9.15 on one core that others used too (so trust the conflicts):
// the proof, 8 s at most, that no makespan is below the best known, as conflicts and seconds.
//                                     mk05     09a      mt10x     mt10xyz   setb4cc
//   1 worker                          0 0.2    0 0.1    -         -         -
//   4 workers                         0 0.2    0 0.5    -         -         -
//   1 worker, linearization_level 0   -        -        -         4805 2.5  1364 3.3
//   1 worker, dynamic precedence      0 0.3    0 0.8    1143 0.5  764 1.5   281 0.4
//   2 workers, dynamic precedence     0 0.3    0 0.3    1143 0.8  731 2.4   281 0.8
//   4 workers, dynamic precedence     0 0.3    0 0.4    1266 1.8  735 2.9   281 1.3
// On two cores 2 and 3 workers with it need the same conflicts and no less time: one worker on
// the core it is given is best. Without CpModel::add_load, mk05 and 09a have no proof in 8 s with
// one worker below linearization_level 2. Not proven by any that was tried: mk06 (57) and
// seti5xyz (1125).
//
// Dynamic precedence (use_dynamic_precedence_in_disjunctive) is for plain shops only: with other
// features it ended the process ("adding conflicting constraint at positive level") in about
// 1 of 100 tiny instances, and in a few it did not end within 10 s.
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
