// The parts that both readers of published workloads make: a module that is a chain of kernels.
#pragma once

#include <string>
#include <vector>

#include "app/published.h"

namespace takt {

// Adds module `name` with one function, `kernels` one after another, each of `workgroups` tiles.
// Kernels are named; equal names have equal costs.
ModuleId add_chain_module(const std::string& name, const std::vector<std::string>& kernels,
                          uint32_t workgroups, PublishedWorkload& published);

CostKey cost_key(const std::string& kernel, uint32_t workgroups, const std::string& lane_class,
                 int width);

}  // namespace takt
