// PlanBook: the plans of a device that may still be asked for: what each says about a job, by its
// number since the start of the run. A plan holds from a job of each task on; for earlier jobs,
// and jobs it does not have, the plans before it hold. So plans change while work is in flight:
// what is submitted keeps what it was given, what is submitted later gets the new.
//
// Threads: any. find() locks once per submission, and only while pointers change hands. A plan is
// freed by a later add() (never by a lane) when it is out of the book and every submission that
// had it is used again, so when no lane can read it.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/pi_mutex.h"
#include "hal/plan_index.h"
#include "hal/takt_driver.h"
#include "run/submission.h"

namespace takt {

// One plan, as assignments.
struct BookedPlan {
  std::shared_ptr<const Plan> plan;    // null: none from here on
  PlanChange::Scope scope;
  // By region and task of the plan: one per job of the plan.
  std::map<std::pair<const PlannedRegion*, uint32_t>, std::vector<Assignment>> jobs;

  // Job `number` of `task` is this plan's to tell.
  bool covers(uint32_t task, uint64_t number) const;
};

class PlanBook {
 public:
  PlanBook(PlanIndex& regions, uint32_t lanes) : regions_(regions), lanes_(lanes) {}

  // kUsage: the plan is not valid (verify; a window's plan was verified by who made it), or for
  // lanes or modules that the device does not have. Nothing changes then.
  Status add(const PlanChange& change);
  // The same for the plan that the device is made with.
  Status begin(const PlanChange& change);
  // Only the plan of begin(), from `base` on; what was added since is forgotten.
  void restart(Nanos base);

  // The plan of begin(); null: none.
  std::shared_ptr<const Plan> first() const { return first_ ? first_->plan : nullptr; }
  bool empty() const;
  // Of plans that are still held, by the book or by submissions.
  size_t held() const;

  struct Found {
    std::shared_ptr<const BookedPlan> plan;      // keeps `assignment`; null: no plan covers the job
    const Assignment* assignment = nullptr;      // null: the plan has nothing for it
    Nanos base;                                  // where its times count from
  };
  Found find(const PlannedRegion* region, uint32_t task, uint64_t number) const;
  // For a caller that names no job: the first job of the first task that calls this function.
  Found find_any(const PlannedRegion& region) const;

 private:
  Status check(const PlanChange& change) const;
  std::shared_ptr<BookedPlan> book(const PlanChange& change) const;
  void prune();

  PlanIndex& regions_;
  const uint32_t lanes_;
  std::shared_ptr<const BookedPlan> first_;      // of begin(); constant after
  mutable PiMutex mutex_;                        // guards what follows
  std::vector<std::shared_ptr<const BookedPlan>> plans_;     // newest last
  std::vector<std::shared_ptr<const BookedPlan>> retired_;   // until nobody else holds them
};

}  // namespace takt
