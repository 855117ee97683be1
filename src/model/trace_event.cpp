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
    case TraceDecision::kAcceleratorTimedOut: return "accelerator timed out";
    case TraceDecision::kAcceleratorGivenUp: return "accelerator given up";
    case TraceDecision::kToCore: return "to the core";
    case TraceDecision::kLaneSilent: return "lane silent";
    case TraceDecision::kClusterSlower: return "cluster slower";
    case TraceDecision::kClusterFaster: return "cluster faster";
    case TraceDecision::kLoadUneven: return "load uneven";
    case TraceDecision::kReplanDue: return "replan due";
    case TraceDecision::kReplanFor: return "replan";
    case TraceDecision::kPlanLate: return "plan late";
    case TraceDecision::kMode: return "mode";
  }
  return "unknown";
}

}  // namespace takt
