// CpModel: one question about a Problem (a level, what earlier levels may cost, how good is
// good enough) as a constraint model for CP-SAT, and the way back from its solution to a
// Schedule.
//
// An operation has a start, an end and one literal per mode (shared within a mode group);
// each mode is an optional interval (Laborie et al. 2018, "IBM ILOG CP Optimizer for
// scheduling", section 3: alternatives). Pools:
//   - lanes that are alike for all time: one no-overlap (one lane) or cumulative constraint;
//     lanes are dealt out afterwards in order of start: whoever starts finds `count` free ones;
//   - lanes that are not alike (aligned blocks; commitments or outages that begin after an
//     operation may start): a literal per lane or block, and a no-overlap per lane.
// The model is exact: every valid schedule with no overrun corresponds to a solution, except
// those that idle for no level's sake (see latest_end in cp_model.cpp).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "solve/exact/cp_writer.h"
#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt::exact {

struct LevelCap {
  Level level = Level::kMakespan;
  int64_t value = 0;
};

struct CpQuestion {
  Level level = Level::kMakespan;       // to minimise
  std::vector<LevelCap> caps;           // values that other levels must not exceed
  int64_t lower = 0;                    // proven: no schedule within the caps is below
  int64_t upper = INT64_MAX;            // only schedules strictly below are of interest
  // A schedule to start from; it need not meet caps or upper.
  std::optional<Schedule> hint;
  // Operations that keep the start and the mode they have in the hint; their lanes may change.
  std::vector<uint32_t> fixed;
};

class CpModel {
 public:
  // REQUIRES: question.fixed is empty or there is a hint. `problem` must outlive this.
  CpModel(const Problem& problem, const CpQuestion& question);

  // True: seen while building that there is no such schedule; there is no model then.
  bool infeasible() const { return infeasible_; }
  // True: times or weights are beyond what CP-SAT computes with; there is no model then.
  bool too_large() const { return too_large_ || writer_.too_large(); }
  // The serialized CpModelProto. Once.
  std::string finish() { return writer_.finish(); }
  // REQUIRES: a solution of the model.
  Schedule schedule_of(std::span<const int64_t> solution) const;

 private:
  struct OpVars {
    CpAffine start, size, end;
    std::vector<CpLiteral> modes;
    std::vector<int> intervals;                  // one per mode
  };
  // A literal that holds when `op` runs in this mode and uses these lanes, maybe beside others.
  struct LaneChoice {
    uint32_t op;
    size_t mode;
    CpLiteral literal;
    std::vector<uint32_t> lanes;
  };

  // cp_model.cpp: windows, operations, precedence.
  Nanos latest_end();
  void bound_windows();
  void add_modes();
  void add_operation(uint32_t op);
  void add_times(uint32_t op, const std::vector<int64_t>& durations);
  int mode_interval(uint32_t op, size_t mode, CpLiteral literal);
  void add_precedences();
  void add_precedence(const Precedence& edge);
  std::vector<std::pair<uint32_t, CpLiteral>> sites_of(uint32_t op);
  bool committed(uint32_t op) const { return commitment_[op] != nullptr; }
  std::vector<CpLiteral> when(CpLiteral literal) const;
  CpLiteral always() const { return 0; }         // the first variable is the constant 1

  // cp_lanes.cpp: who uses which lanes.
  void add_pools();
  void find_busy_lanes();
  bool lanes_differ(uint32_t pool) const;
  void add_alike_pool(uint32_t pool);
  void add_lanes(uint32_t pool);
  void choose_lanes(uint32_t pool, uint32_t op);
  void choose_blocks(uint32_t pool, uint32_t op);
  void no_overlap_on(uint32_t lane, const std::vector<LaneChoice>& choices);
  void activate(uint32_t lane, CpLiteral literal);
  std::vector<uint32_t> free_lanes(uint32_t pool, int count, Nanos start,
                                   const std::vector<Nanos>& busy_until) const;
  void deal_lanes(Schedule& schedule, std::span<const int64_t> solution) const;

  // cp_levels.cpp: what a schedule is worth.
  void add_levels();
  void cap(const LevelCap& cap);
  void cap_completion(uint32_t job, Nanos latest);
  CpSum sum_of(Level level);
  CpSum misses(Criticality criticality);
  CpSum tardiness(Criticality criticality);
  CpSum chain_latency();
  CpSum control_jitter();
  CpSum makespan();
  void add_load(uint32_t pool, CpVar last);
  CpSum active_lanes();
  CpSum busy();
  std::vector<CpAffine> completion_terms(uint32_t job) const;
  CpAffine completion(uint32_t job);
  void at_most(CpAffine expression, int64_t value, std::span<const CpLiteral> when = {});

  void add_hint();

  const Problem& problem_;
  const Instance& instance_;
  const CpQuestion question_;
  CpWriter writer_;
  bool infeasible_ = false, too_large_ = false;
  bool active_lanes_matter_ = false;
  std::vector<const Commitment*> commitment_;    // by op; null: none
  std::vector<char> fixed_;
  std::vector<Nanos> earliest_, tail_;           // least start; least time after the end
  Nanos end_max_;
  std::vector<OpVars> ops_;
  std::vector<std::vector<std::pair<Nanos, Nanos>>> busy_;   // by lane: committed or out, disjoint
  std::vector<char> lanes_differ_;               // by pool
  std::vector<LaneChoice> choices_;              // of pools whose lanes differ
  std::vector<CpAffine> active_;                 // what the active lanes are the sum of
  std::vector<int> active_of_lane_;              // index into active_, or -1
};

}  // namespace takt::exact
