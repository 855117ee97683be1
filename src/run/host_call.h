// HostCall: a function of the host as a work item: it runs on a lane like any other, after what
// it depends on and, named in Submission::timers, not before a time.
#pragma once

#include <functional>
#include <utility>

#include "run/program.h"

namespace takt {

class HostCall {
 public:
  // `body` may run several times, and at once, when its program does.
  explicit HostCall(std::function<Fault(LaneContext&)> body) : body_(std::move(body)) {}

  // REQUIRES: the call outlives every program that has the item, and stays where it is
  WorkItem item(uint32_t label = 0) const {
    return {.run = run, .context = this, .tiles = 1, .label = label};
  }

 private:
  static Fault run(const void* context, const void*, LaneContext& lane, uint32_t, uint32_t) {
    return static_cast<const HostCall*>(context)->body_(lane);
  }
  std::function<Fault(LaneContext&)> body_;
};

}  // namespace takt
