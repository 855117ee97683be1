// TapeCache: the tapes of one program, one per job of a plan that runs it, each made when it is
// first asked for and forgotten when its plan is gone. Any thread; locks once per submission.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "run/submission.h"
#include "run/tape.h"

namespace takt {

class TapeCache {
 public:
  // nullptr: the plan does not fit the program's dependencies. REQUIRES: always the same
  // program; `assignment` lives as long as `plan`
  std::shared_ptr<const Tape> of(const Program& program, const Assignment& assignment,
                                 const std::shared_ptr<const void>& plan) {
    std::lock_guard lock(mutex_);
    Entry& entry = tapes_[&assignment];
    // A new plan may lie where an old one was.
    if (entry.plan.expired() || entry.plan.owner_before(plan) || plan.owner_before(entry.plan)) {
      entry = {plan, nullptr};
      if (std::optional<Tape> tape = Tape::compile(program, assignment))
        entry.tape = std::make_shared<const Tape>(*std::move(tape));
      const std::shared_ptr<const Tape> made = entry.tape;
      std::erase_if(tapes_, [](const auto& other) { return other.second.plan.expired(); });
      return made;
    }
    return entry.tape;
  }

 private:
  struct Entry {
    std::weak_ptr<const void> plan;
    std::shared_ptr<const Tape> tape;
  };
  std::mutex mutex_;
  std::map<const Assignment*, Entry> tapes_;
};

}  // namespace takt
