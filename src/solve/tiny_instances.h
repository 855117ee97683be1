// For tests: all job shops of up to 5 operations and 3 machines with durations 1 and 2, as a
// numbered sequence, so that a test walks all of a size or every k-th of it (the idea of
// TigerBeetle's exhaustigen; here an index is decoded, so that strides cost nothing).
//
// An operation may have one mode, or two on different machines. It starts a new job or follows
// one operation of the current job: jobs are trees. All jobs are soft and share a deadline.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "model/instance.h"

namespace takt {

class TinyInstances {
 public:
  explicit TinyInstances(uint32_t ops) : ops_(ops) {
    for (uint32_t op = 0; op < ops; ++op) count_ *= kModeLists * (op + 1);
    count_ *= kDeadlines;
  }

  uint64_t count() const { return count_; }

  // nullopt: another index gives the same instance with machines renamed (machines are
  // numbered as they are first named), or the index names a predecessor in an earlier job.
  std::optional<Instance> at(uint64_t index) const {
    Instance instance;
    instance.name = "tiny " + std::to_string(ops_) + ":" + std::to_string(index);
    for (uint32_t m = 0; m < kMachines; ++m) {
      instance.lane_names.push_back("m" + std::to_string(m));
      instance.pools.push_back({.name = instance.lane_names.back(), .lanes = {LaneId(m)}});
    }
    InstanceTask task{.name = "task"};
    task.criticality = Criticality::kSoft;
    instance.tasks.push_back(task);
    const auto digit = [&](uint64_t radix) {
      const uint64_t value = index % radix;
      index /= radix;
      return static_cast<uint32_t>(value);
    };
    const uint32_t deadline = digit(kDeadlines);
    uint32_t named = 0;
    for (uint32_t op = 0; op < ops_; ++op) {
      const uint32_t after = digit(op + 1);      // op: the first of a new job
      if (after < op && after < instance.jobs.back().first_op) return std::nullopt;
      if (after == op)
        instance.jobs.push_back({.task = TaskId(0u),
                                 .index = static_cast<uint32_t>(instance.jobs.size()),
                                 .deadline = deadline == 0 ? Nanos::max() : Nanos(2 * deadline),
                                 .first_op = op});
      else
        instance.precedences.push_back({OpId(after), OpId(op), Nanos(0)});
      ++instance.jobs.back().op_count;
      Operation operation;
      operation.job = JobId(instance.jobs.size() - 1);
      if (!add_modes(operation, digit(kModeLists), named)) return std::nullopt;
      instance.operations.push_back(operation);
    }
    return instance;
  }

 private:
  static constexpr uint32_t kMachines = 3, kDurations = 2, kDeadlines = 3;
  static constexpr uint32_t kSingles = kMachines * kDurations;
  static constexpr uint32_t kModeLists =
      kSingles + kMachines * (kMachines - 1) / 2 * kDurations * kDurations;

  static bool add_modes(Operation& operation, uint32_t list, uint32_t& named) {
    const auto add = [&](uint32_t machine, uint32_t duration) {
      if (machine > named) return false;
      named += machine == named;
      Mode mode;
      mode.demands = {{PoolId(machine), 1}};
      mode.duration = Nanos(1 + duration);
      operation.modes.push_back(mode);
      return true;
    };
    if (list < kSingles) return add(list / kDurations, list % kDurations);
    constexpr std::array<std::array<uint32_t, 2>, 3> kPairs = {{{0, 1}, {0, 2}, {1, 2}}};
    list -= kSingles;
    const auto& pair = kPairs[list / (kDurations * kDurations)];
    list %= kDurations * kDurations;
    return add(pair[0], list / kDurations) && add(pair[1], list % kDurations);
  }

  uint32_t ops_;
  uint64_t count_ = 1;
};

}  // namespace takt
