#include "model/cost_table.h"

namespace takt {

std::string submit_cost_name(const std::string& module, const std::string& function) {
  return "submit:" + module + "/" + function;
}

const CostStats* CostTable::find(const CostKey& key) const {
  const auto found = costs_.find(key);
  return found == costs_.end() ? nullptr : &found->second;
}

Result<CostStats> CostTable::get(const CostKey& key, const std::string& entry) const {
  if (const CostStats* stats = find(key)) return *stats;
  const auto& [x, y, z] = key.workgroups;
  return bad_input("no measured cost for kernel '" + entry + "' (hash " + key.kernel_hash + ", " +
                   std::to_string(x) + 'x' + std::to_string(y) + 'x' + std::to_string(z) +
                   " workgroups, variant '" + key.variant + "') on lane class '" +
                   key.lane_class + "' at width " + std::to_string(key.width) +
                   "; measure it with `takt profile`");
}

}  // namespace takt
