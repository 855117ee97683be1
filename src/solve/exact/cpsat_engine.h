// run_cpsat: one question to CP-SAT (a complete solver: it ends with a proof if it is given
// the time), answered by the time limit or when it is asked to stop.
//
// The solver runs in a child process (solver_process.h): whatever it does, the caller goes on.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "solve/exact/cp_model.h"
#include "solve/exact/cpsat_library.h"

namespace takt::exact {

struct CpSatRequest {
  CpQuestion question;
  Nanos time_limit = seconds(10);     // wall time from the call on; includes building the model
  std::stop_token stop;
  int workers = 1;                    // threads; more gain nothing: see the tuning in .cpp
  uint64_t seed = 1;
  // The same answer every time: one worker, and time_limit counts the solver's own measure of
  // work, about a second each, instead of the clock. `stop` still ends it.
  bool deterministic = false;
  std::vector<int> cpus;              // its threads run there; empty: where the caller may
};

struct CpSatOutcome {
  enum class Status {
    kOptimal,     // `schedule` has the least value of the level, which is `bound`
    kBetter,      // `schedule` is below question.upper, maybe not the best
    kNoBetter,    // proven: no schedule within the caps is below question.upper
    kLimit,       // the limit or stop came before any of these
    kError,       // see `error`; nothing else is set
  };
  Status status = Status::kLimit;
  std::string error;
  // No schedule within the caps, with question.fixed as it is, has a smaller value of the level:
  // without `fixed`, and with the `enough` of earlier levels as caps, what
  // Blackboard::raise_bound asks for. kNoBetter: question.upper.
  int64_t bound = 0;
  std::optional<Schedule> schedule;   // valid, without overrun, within the caps
  Nanos wall_time;
};

std::string_view name_of(CpSatOutcome::Status status);

// Returns some 40 ms after the time limit or the stop request at most, on a busy machine with 500
// operations; a call costs 2 to 5 ms more than the solver needs (a fork). Any thread; several at
// once are independent. kError: times too large for CP-SAT, or it rejects the model or crashes.
CpSatOutcome run_cpsat(const CpSatLibrary& library, const Problem& problem,
                       const CpSatRequest& request);

}  // namespace takt::exact
