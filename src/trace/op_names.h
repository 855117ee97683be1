// OpNames: readable names of the operations of each task, for traces and charts:
// "main/main_dispatch_3_conv_2d". A plain table, filled from the graphs a plan names.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/dispatch_graph.h"
#include "model/plan.h"

namespace takt {

class OpNames {
 public:
  OpNames() = default;

  // The names of `function` of `graph`, for the task called `task`.
  void add(const std::string& task, const DispatchGraph& graph, const std::string& function);

  // "op 7" where the table has no name.
  std::string name(const std::string& task, uint32_t op) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> names_;   // by task
};

// graphs[i] belongs to plan.modules[i], as for verify().
OpNames op_names(const Plan& plan, const std::vector<DispatchGraph>& graphs);

}  // namespace takt
