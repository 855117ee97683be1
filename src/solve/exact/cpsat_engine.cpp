#include "solve/exact/cpsat_engine.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "solve/exact/cpsat_fields.h"
#include "solve/exact/wire.h"

namespace takt::exact {
namespace {

// How long a stopped solver may take before its thread is left behind.
constexpr Nanos kPatience = millis(35);

// What the caller and the solver's thread share.
struct Solve {
  Solve(const CpSatLibrary& api, std::string model_bytes, std::string parameter_bytes)
      : library(api),
        env(api.new_env()),
        model(std::move(model_bytes)),
        parameters(std::move(parameter_bytes)) {}

  const CpSatLibrary library;
  const CpSatLibrary::Env env;
  const std::string model, parameters;
  std::mutex mutex;                   // guards what follows
  std::condition_variable_any ended;
  bool done = false;
  std::string response;
};

// Counts the solver's threads; the end of the process waits until there are none.
class Running {
 public:
  ~Running() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }
  void enter() {
    const std::scoped_lock lock(mutex_);
    ++count_;
  }
  void leave() {
    const std::scoped_lock lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

// Made after the library was opened, so destroyed before the library's state is.
Running& running() {
  static Running threads;
  return threads;
}

std::string parameters_of(const CpSatRequest& request) {
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
  return parameters.bytes();
}

void pin_to(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<size_t>(cpu), &set);
  sched_setaffinity(0, sizeof(set), &set);      // a CPU that is gone: it runs anywhere
}

// Starts the solver's thread.
void start(const std::shared_ptr<Solve>& solve, const std::vector<int>& cpus) {
  running().enter();
  std::thread([solve = solve, cpus]() mutable {
    pin_to(cpus);
    std::string response = solve->library.solve(solve->env, solve->model, solve->parameters);
    {
      const std::scoped_lock lock(solve->mutex);
      solve->response = std::move(response);
      solve->done = true;
    }
    solve->ended.notify_all();
    solve.reset();
    running().leave();
  }).detach();
}

// The response, or nullopt when the solver did not answer in time.
std::optional<std::string> await(Solve& solve, const CpSatRequest& request, Nanos deadline) {
  const auto until = [](Nanos at) {
    return std::chrono::steady_clock::now() + std::chrono::nanoseconds((at - monotonic_now()).ns);
  };
  const auto done = [&] { return solve.done; };
  std::unique_lock lock(solve.mutex);
  if (request.deterministic)
    solve.ended.wait(lock, request.stop, done);
  else
    solve.ended.wait_until(lock, request.stop, until(deadline), done);
  if (!solve.done) {
    lock.unlock();
    solve.library.stop_search(solve.env);
    lock.lock();
    solve.ended.wait_until(lock, until(monotonic_now() + kPatience), done);
  }
  if (!solve.done) return std::nullopt;
  return std::move(solve.response);
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
  const auto solve = std::make_shared<Solve>(library, model.finish(), parameters_of(request));
  start(solve, request.cpus);
  const std::optional<std::string> bytes = await(*solve, request, deadline);
  if (!bytes) return outcome;
  const Result<Response> response = parse_response(*bytes);
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
