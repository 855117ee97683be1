// Problem: an Instance laid out for search: flat modes, adjacency both ways, a
// topological order, what commitments and groups fix, and heads and tails with least
// durations and transfers. Built once, read by every part of the solver; refers to the
// Instance, which must outlive it. Immutable, so threads may share it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/nanos.h"
#include "model/instance.h"

namespace takt {

struct FlatMode {
  Nanos duration;
  int lanes = 0;                        // over all demands
  uint32_t site = 0;                    // where it runs
  std::span<const Demand> demands;      // of the instance

  Nanos area() const { return duration * lanes; }
};

struct Arc {
  uint32_t op = 0;
  Nanos delay;
  int64_t bytes = 0;                    // carried; Problem::transfer says for how long
};

// A span of time.
struct Interval {
  Nanos start, end;
};

class Problem {
 public:
  // REQUIRES: check_instance(instance) succeeds.
  explicit Problem(const Instance& instance);

  const Instance& instance() const { return *instance_; }
  uint32_t size() const { return static_cast<uint32_t>(release_.size()); }
  uint32_t lane_count() const { return static_cast<uint32_t>(instance_->lane_names.size()); }
  bool periodic() const { return instance_->horizon != Nanos::max(); }

  std::span<const FlatMode> modes(uint32_t op) const { return slice(modes_, mode_begin_, op); }
  std::span<const Arc> preds(uint32_t op) const { return slice(preds_, pred_begin_, op); }
  std::span<const Arc> succs(uint32_t op) const { return slice(succs_, succ_begin_, op); }
  std::span<const uint32_t> topological() const { return topological_; }
  // Where the modes of an operation start in an array over the modes of all.
  uint32_t mode_slot(uint32_t op) const { return mode_begin_[op]; }
  uint32_t mode_slots() const { return mode_begin_.back(); }

  bool has_links() const { return !instance_->links.empty(); }
  // transfer_time() of the instance, by table.
  Nanos transfer(uint32_t from_site, uint32_t to_site, int64_t bytes) const;

  // Least time from the end of a predecessor to the start of its successor.
  Nanos lag(const Arc& arc, uint32_t from_site, uint32_t to_site) const {
    if (!has_links() || from_site == to_site) return arc.delay;
    return arc.delay + transfer(from_site, to_site, arc.bytes);
  }
  // When operations that are not committed cannot use a lane: outages and commitments,
  // ascending, neither overlapping nor adjacent. What never ends ends at kForever.
  std::span<const Interval> closed(uint32_t lane) const {
    return slice(closed_, closed_begin_, lane);
  }
  static constexpr Nanos kForever = Nanos(int64_t{1} << 48);

  // The operation's commitment, or null.
  const Commitment* commitment(uint32_t op) const { return commitment_[op]; }
  // The other operations that share its mode index, and itself; empty without a group.
  std::span<const OpId> group(uint32_t op) const;
  // Index into Instance::mode_groups, or kNoGroup.
  static constexpr uint32_t kNoGroup = UINT32_MAX;
  uint32_t group_of(uint32_t op) const { return group_[op]; }
  // The mode that a commitment of it or of its group leaves, or kAnyMode.
  static constexpr uint32_t kAnyMode = UINT32_MAX;
  uint32_t fixed_mode(uint32_t op) const { return fixed_mode_[op]; }
  bool may_use(uint32_t op, uint32_t mode) const {
    return fixed_mode_[op] == kAnyMode || fixed_mode_[op] == mode;
  }

  uint32_t job_of(uint32_t op) const { return job_[op]; }
  bool is_submit(uint32_t op) const { return submit_[op]; }
  // A graph operation that no other of its job waits for: one of those that complete the job.
  bool completes_job(uint32_t op) const { return completes_[op]; }
  Nanos release(uint32_t op) const { return release_[op]; }
  // Its release, and that of the instance; commitments do not mind.
  Nanos least_start(uint32_t op) const { return std::max(release_[op], instance_->not_before); }
  Nanos least_duration(uint32_t op) const { return least_duration_[op]; }
  Nanos least_area(uint32_t op) const { return least_area_[op]; }
  // Earliest possible start (that of its commitment); shortest time from its end to the end of
  // everything after it.
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
  void lay_out_links();
  void fix();
  void find_completing();
  void lay_out_closed();
  void order();
  void measure();
  Nanos least_lag(uint32_t before, const Arc& to) const;
  Nanos least_rest(uint32_t before, const Arc& to) const;

  const Instance* instance_;
  std::vector<uint32_t> mode_begin_, pred_begin_, succ_begin_, topological_, lane_slot_;
  std::vector<FlatMode> modes_;
  std::vector<Arc> preds_, succs_;
  std::vector<uint32_t> job_;
  std::vector<char> submit_, completes_;
  std::vector<uint32_t> closed_begin_;
  std::vector<Interval> closed_;
  std::vector<const Commitment*> commitment_;
  std::vector<uint32_t> group_, fixed_mode_;   // group_: index into mode_groups, or kNoGroup
  std::vector<const SiteLink*> links_;         // by from * sites_ + to
  uint32_t sites_ = 0;
  std::vector<Nanos> release_, least_duration_, least_area_, head_, tail_;
};

}  // namespace takt
