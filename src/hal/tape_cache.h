// TapeCache: the tapes of one program, one per job of the plan that runs it, each made when
// it is first asked for. Any thread; locks once per submission.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "run/submission.h"
#include "run/tape.h"

namespace takt {

class TapeCache {
 public:
  // nullptr: the plan does not fit the program's dependencies. REQUIRES: always the same
  // program; `assignment` outlives the cache
  const Tape* of(const Program& program, const Assignment& assignment) {
    std::lock_guard lock(mutex_);
    const auto [found, added] = tapes_.try_emplace(&assignment);
    if (added) found->second = Tape::compile(program, assignment);
    return found->second ? &*found->second : nullptr;
  }

 private:
  std::mutex mutex_;
  std::map<const Assignment*, std::optional<Tape>> tapes_;
};

}  // namespace takt
