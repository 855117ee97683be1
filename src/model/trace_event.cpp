#include "model/trace_event.h"

namespace takt {

std::string_view name_of(TraceDecision decision) {
  switch (decision) {
    case TraceDecision::kMoved: return "moved";
    case TraceDecision::kOtherUnit: return "other unit";
    case TraceDecision::kShed: return "shed";
    case TraceDecision::kReplan: return "replan asked";
    case TraceDecision::kLaneLost: return "lane lost";
    case TraceDecision::kLaneBack: return "lane back";
    case TraceDecision::kAcceleratorFailed: return "accelerator failed";
    case TraceDecision::kAcceleratorBack: return "accelerator back";
    case TraceDecision::kSpeed: return "speed";
  }
  return "unknown";
}

}  // namespace takt
