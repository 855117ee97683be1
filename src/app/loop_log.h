// LoopLog: how planning goes beside a run, counted by all loops of the run, one after another.
// Threads: any.
#pragma once

#include <mutex>

#include "app/loop_report.h"
#include "base/pi_mutex.h"
#include "trace/job_tally.h"

namespace takt {

class LoopLog {
 public:
  // `change` gets the report to change.
  template <class Change>
  void note(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(report_);
  }
  void note_replan(LoopReport::Replan replan) {
    note([&](LoopReport& report) {
      ++report.replans;
      if (report.reasons.size() == LoopReport::kReplansMax)
        report.reasons.erase(report.reasons.begin());
      report.reasons.push_back(std::move(replan));
    });
  }
  // What a window's plan took of the lanes' time.
  void note_planned(Nanos spent) {
    const std::lock_guard lock(mutex_);
    times_.note_end(JobOutcome::kDone, spent);
  }

  LoopReport report() const {
    const std::lock_guard lock(mutex_);
    LoopReport report = report_;
    const TaskFigures times = times_.figures("takt.planner");
    report.planner_p50 = times.response_p50;
    report.planner_p99 = times.response_p99;
    report.planner_max = times.response_max;
    return report;
  }

 private:
  mutable PiMutex mutex_;
  LoopReport report_;
  JobTally times_;
};

}  // namespace takt
