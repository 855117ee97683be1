// CostTable: measured durations, as a plain value. cost/ fills it from its database,
// solve/ and sim/ read it. A cost that is not there is an error that names it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/nanos.h"
#include "base/result.h"

namespace takt {

struct CostKey {
  std::string kernel_hash;                      // CostSubject::kernel_hash
  std::array<uint32_t, 3> workgroups{1, 1, 1};
  std::string lane_class;
  int width = 1;
  std::string variant = "default";
  auto operator<=>(const CostKey&) const = default;
};

// CostKey::kernel_hash of the host work that submits one job of a function.
std::string submit_cost_name(const std::string& module, const std::string& function);

struct CostStats {
  int64_t count = 0;
  Nanos min, median, p95, max;
  bool estimated = false;                       // asked-for estimate, not measured
};

class CostTable {
 public:
  void set(const CostKey& key, const CostStats& stats) { costs_[key] = stats; }
  const CostStats* find(const CostKey& key) const;
  // kUsage when missing: names kernel, lane class and width, and `takt profile`.
  // `entry` is the kernel's readable name.
  Result<CostStats> get(const CostKey& key, const std::string& entry) const;
  size_t size() const { return costs_.size(); }
  auto begin() const { return costs_.begin(); }
  auto end() const { return costs_.end(); }

 private:
  std::map<CostKey, CostStats> costs_;
};

}  // namespace takt
