// What every contract is held against: all policies, so many lanes; and for how long.
//
// TAKT_CONTRACT_MS: how long each test goes on with new seeds; at least one round.
// TAKT_CONTRACT_SEED: the first of them.
#pragma once

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dispatch/policy.h"

namespace takt::contract {

struct Shape {
  uint32_t lanes = 0;
  const Policy* policy = nullptr;
};

inline std::vector<Shape> shapes(const std::vector<uint32_t>& lanes) {
  std::vector<Shape> all;
  for (const Policy* policy : all_policies())
    for (const uint32_t count : lanes) all.push_back({count, policy});
  return all;
}

// "dynamic_fcfs_8"
inline std::string name_of(const Shape& shape) {
  std::string name(shape.policy->name());
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name + "_" + std::to_string(shape.lanes);
}

inline int64_t from_environment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

// Calls round(seed) with one seed after the other; stops when it returns false.
template <class Round>
void for_seeds(Round round) {
  const Nanos end = monotonic_now() + millis(from_environment("TAKT_CONTRACT_MS", 40));
  const auto first = uint64_t(from_environment("TAKT_CONTRACT_SEED", 1));
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first));
  for (uint64_t seed = first; seed == first || monotonic_now() < end; ++seed)
    if (!round(seed)) return;
}

}  // namespace takt::contract
