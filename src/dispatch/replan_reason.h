// ReplanReason: why the rest of the run should be planned anew. Policies ask with some of them
// (Decision::replan), Triggers decides. In the trace as the text of name_of().
#pragma once

#include <cstdint>
#include <string_view>

namespace takt {

// In order of urgency: when several hold, the first is the one that is named.
enum class ReplanReason : uint8_t {
  kNone,
  kLaneLost,                       // a planned lane does not come
  kAcceleratorLost,
  kMode,                           // the mission changed what it does
  kSlower,                         // a cluster's speed level fell
  kDuration,                       // a kernel takes longer or shorter than its cost says
  kLoad,                           // the work that is released is not what the plan reckons with
  kLate,                           // slack of a hard or firm planned operation is gone
  kLaneBack,
  kAcceleratorBack,
  kFaster,
};

// "lane lost", "offered load", ...
std::string_view name_of(ReplanReason reason);

}  // namespace takt
