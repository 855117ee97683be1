// Problem: an Instance laid out for search: flat modes, adjacency both ways, a
// topological order, and heads and tails with least durations. Built once, read by every
// part of the solver; refers to the Instance, which must outlive it. Immutable, so
// threads may share it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/nanos.h"
#include "model/instance.h"

namespace takt {

struct FlatMode {
  Nanos duration;
  int lanes = 0;                        // over all demands
  std::span<const Demand> demands;      // of the instance

  Nanos area() const { return duration * lanes; }
};

struct Arc {
  uint32_t op = 0;
  Nanos delay;
};

class Problem {
 public:
  // REQUIRES: every operation has a mode, every mode fits its pools, precedences are
  // acyclic, pools share no lane.
  explicit Problem(const Instance& instance);

  const Instance& instance() const { return *instance_; }
  uint32_t size() const { return static_cast<uint32_t>(release_.size()); }
  uint32_t lane_count() const { return static_cast<uint32_t>(instance_->lane_names.size()); }
  bool periodic() const { return instance_->horizon != Nanos::max(); }

  std::span<const FlatMode> modes(uint32_t op) const { return slice(modes_, mode_begin_, op); }
  std::span<const Arc> preds(uint32_t op) const { return slice(preds_, pred_begin_, op); }
  std::span<const Arc> succs(uint32_t op) const { return slice(succs_, succ_begin_, op); }
  std::span<const uint32_t> topological() const { return topological_; }

  uint32_t job_of(uint32_t op) const { return job_[op]; }
  bool is_submit(uint32_t op) const { return submit_[op]; }
  Nanos release(uint32_t op) const { return release_[op]; }
  Nanos least_duration(uint32_t op) const { return least_duration_[op]; }
  Nanos least_area(uint32_t op) const { return least_area_[op]; }
  // Earliest possible start; shortest time from its end to the end of everything after it.
  Nanos head(uint32_t op) const { return head_[op]; }
  Nanos tail(uint32_t op) const { return tail_[op]; }

  // Where the lanes of an operation start in a flat array, and how many it can have.
  uint32_t lane_slot(uint32_t op) const { return lane_slot_[op]; }
  uint32_t lane_slots() const { return lane_slot_.back(); }

 private:
  template <class T>
  static std::span<const T> slice(const std::vector<T>& all, const std::vector<uint32_t>& begin,
                                  uint32_t i) {
    return std::span<const T>(all).subspan(begin[i], begin[i + 1] - begin[i]);
  }
  void lay_out_modes();
  void lay_out_arcs();
  void order();
  void measure();

  const Instance* instance_;
  std::vector<uint32_t> mode_begin_, pred_begin_, succ_begin_, topological_, lane_slot_;
  std::vector<FlatMode> modes_;
  std::vector<Arc> preds_, succs_;
  std::vector<uint32_t> job_;
  std::vector<char> submit_;
  std::vector<Nanos> release_, least_duration_, least_area_, head_, tail_;
};

}  // namespace takt
