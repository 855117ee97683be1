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
  uint32_t site = 0;                    // of the first demand's pool
  std::span<const Demand> demands;      // of the instance

  Nanos area() const { return duration * lanes; }
};

struct Arc {
  uint32_t op = 0;
  Nanos delay;
  int64_t bytes = 0;                    // travel between the sites of the two operations
};

// A span of time.
struct Interval {
  Nanos start, end;
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
  // A graph operation that no other of its job waits for: one of those that complete the job.
  bool completes_job(uint32_t op) const { return completes_[op]; }
  // Of its job, and not before Instance::not_before; the start of a committed operation.
  Nanos release(uint32_t op) const { return release_[op]; }
  // The commitment that fixes it, or nullptr.
  const Commitment* commitment(uint32_t op) const {
    return commitment_.empty() ? nullptr : commitment_[op];
  }
  // Index into Instance::mode_groups; kNoGroup: it chooses its mode alone.
  static constexpr uint32_t kNoGroup = ~0u;
  uint32_t group_of(uint32_t op) const { return group_.empty() ? kNoGroup : group_[op]; }

  // Least time from the end of a predecessor to the start of its successor.
  Nanos lag(const Arc& arc, uint32_t from_site, uint32_t to_site) const {
    if (sites_ == 0 || from_site == to_site) return arc.delay;
    const Link& link = links_[from_site * sites_ + to_site];
    if (link.bytes_per_us == 0) return arc.delay;
    return arc.delay + link.latency +
           Nanos((arc.bytes * 1000 + link.bytes_per_us - 1) / link.bytes_per_us);
  }
  bool has_links() const { return sites_ != 0; }

  // When operations that are not committed cannot use a lane: outages and commitments,
  // ascending, neither overlapping nor adjacent.
  std::span<const Interval> closed(uint32_t lane) const {
    return slice(closed_, closed_begin_, lane);
  }
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
  void lay_out_decisions();
  void lay_out_closed();
  void lay_out_links();

  struct Link {
    Nanos latency;
    int64_t bytes_per_us = 0;           // 0: no link, no time
  };

  const Instance* instance_;
  std::vector<uint32_t> mode_begin_, pred_begin_, succ_begin_, topological_, lane_slot_;
  std::vector<FlatMode> modes_;
  std::vector<Arc> preds_, succs_;
  std::vector<uint32_t> job_;
  std::vector<char> submit_, completes_;
  std::vector<Nanos> release_, least_duration_, least_area_, head_, tail_;
  std::vector<const Commitment*> commitment_;      // empty when there are none
  std::vector<uint32_t> group_;                    // empty when there are none
  std::vector<uint32_t> closed_begin_;
  std::vector<Interval> closed_;
  uint32_t sites_ = 0;                             // 0: no link anywhere
  std::vector<Link> links_;                        // sites x sites
};

}  // namespace takt
