#include "dispatch/policy.h"

#include <string>

#include "dispatch/policies.h"

namespace takt {

std::span<const Policy* const> all_policies() {
  static const Policy* const policies[] = {
      &dynamic_policy(), &dynamic_fcfs_policy(), &dynamic_round_robin_policy(),
      &dynamic_sjf_policy(), &dynamic_batch_policy(), &dynamic_widest_first_policy(),
      &dynamic_keep_asleep_policy(), &hybrid_policy(), &hybrid_save_policy(), &jobshop_policy(),
      &pinned_policy(), &serial_policy(), &strict_policy(),
  };
  return policies;
}

std::string policy_names() {
  std::string names;
  for (const Policy* policy : all_policies()) {
    if (!names.empty()) names += ", ";
    names += policy->name();
  }
  return names;
}

Result<const Policy*> find_policy(std::string_view name) {
  for (const Policy* policy : all_policies())
    if (policy->name() == name) return policy;
  return bad_input("there is no policy '" + std::string(name) + "'; use one of " + policy_names());
}

}  // namespace takt
