// The dispatch graphs that a plan names, read from beside the plan file.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/dispatch_graph.h"
#include "model/plan.h"

namespace takt {

// graphs[i] is that of plan.modules[i]; paths are relative to the directory of
// `plan_path`. kUsage when one is missing, unreadable or not the file the plan was made
// for (its content hash differs).
Result<std::vector<DispatchGraph>> read_plan_graphs(const Plan& plan,
                                                    const std::string& plan_path);

}  // namespace takt
