// Forecast: which operations a window is about (model/window.h), and what will have become of
// each when its plan begins: done, running, begun as the plan in force says, or to be decided.
// Refers to all it is made of.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/nanos.h"
#include "model/conditions.h"
#include "model/instance.h"
#include "model/window.h"

namespace takt {

// An operation of a run.
struct RunOp {
  JobId job;
  int64_t activation = 0;
  OpId op;
  auto operator<=>(const RunOp&) const = default;
};

// A base instance laid out for windows; refers to it.
struct WindowBase {
  explicit WindowBase(const Instance& instance);

  // Release of the job's activation.
  Nanos release(JobId job, int64_t activation) const {
    return base.horizon * activation + base.jobs[job.value()].release;
  }

  const Instance& base;
  std::vector<std::vector<JobId>> jobs_of;     // per task, in order
  std::vector<uint32_t> pred_begin, preds;     // per operation: indices of its precedences
  std::vector<char> follows;                   // per job: a precedence from the one before it
  std::vector<uint32_t> pool_of;               // per lane
};

// What a run goes by: the plan of a window, and for jobs that it does not know the one for all
// hyperperiods.
struct PlansInForce {
  WindowPlan window;
  WindowPlan always;                           // of activation 0

  // Absolute. False: no plan has it.
  bool find(const WindowBase& base, JobId job, int64_t activation, OpId op, PlannedOp* out) const;
};

class Forecast {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // kOver: decided, and ended before the window begins.
  enum class Fate : uint8_t { kDone, kFree, kRuns, kPrefix, kOver };

  struct Item {
    Fate fate = Fate::kFree;
    Nanos start, end;                          // of what is decided
    uint32_t mode = PlannedOp::kNoMode;        // of the base
    LaneMask lanes;
    uint32_t site = 0;
    std::vector<uint32_t> modes;               // of the base, that lanes can take

    bool in_window() const { return fate != Fate::kDone && fate != Fate::kOver; }
  };

  struct WantedJob {
    JobId job;
    int64_t activation = 0;
    uint32_t first_item = 0;
    uint32_t before = kNone;                   // the job of its task before it
  };

  Forecast(const WindowBase& base, const Conditions& conditions, const WindowState& state,
           Nanos from, Nanos to, const PlansInForce& in_force);

  // The jobs by task, in order; their operations are items from first_item on.
  const std::vector<WantedJob>& jobs() const { return jobs_; }
  const std::vector<Item>& items() const { return items_; }
  const std::vector<JobId>& impossible() const { return impossible_; }
  // Lanes that run something on lanes that no mode can name (in an aligned pool, not a block):
  // such an operation counts as over, its lanes as taken.
  const std::vector<Outage>& taken() const { return taken_; }
  Nanos not_before() const { return not_before_; }

  // Index of the item; kNone: not of a wanted job.
  uint32_t find(OpId op, int64_t activation) const;
  Nanos release(const WantedJob& job) const { return base_.release(job.job, job.activation); }
  Nanos deadline(const WantedJob& job) const;   // max(): none
  // Of the operation under the conditions.
  Nanos duration(const WantedJob& job, OpId op, uint32_t mode) const;

 private:
  const Job& base_job(const WantedJob& job) const { return base_.base.jobs[job.job.value()]; }
  void collect();
  void want_new(TaskId task);
  void want(JobId id, int64_t activation, const JobState* state);
  void set_running(const OpState& op, Item& item);
  bool is_block(const LaneMask& lanes) const;
  std::vector<uint32_t> possible_modes(const Operation& op) const;
  bool has_room(const Demand& demand) const;
  uint32_t lowest_speed(PoolId pool, Nanos begin, Nanos end) const;
  bool may_wait(const WantedJob& job) const;
  void predict();
  void keep(const PlannedOp& planned, const WantedJob& job);
  bool inputs_decided(OpId op, const WantedJob& job, uint32_t site, Nanos* start) const;
  bool lent(const LaneMask& lanes, Nanos start, Nanos end) const;

  const WindowBase& base_;
  const Conditions& conditions_;
  const WindowState& state_;
  const Nanos not_before_, to_;
  const PlansInForce& in_force_;
  std::vector<Nanos> lane_free_;
  std::vector<WantedJob> jobs_;
  std::vector<Item> items_;
  std::vector<JobId> impossible_;
  std::vector<Outage> taken_;
  std::map<std::pair<JobId, int64_t>, uint32_t> place_;   // in jobs_
  uint32_t last_ = kNone;                      // wanted job of the task that is collected
  bool inactive_ = false;                      // that task
};

}  // namespace takt
