// Workload: the tasks, chains and modules of one mission, read from workload.yaml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/ids.h"
#include "model/period.h"

namespace takt {

enum class Criticality { kHard, kFirm, kSoft, kBestEffort };   // most critical first
inline constexpr Criticality kCriticalities[] = {Criticality::kHard, Criticality::kFirm,
                                                 Criticality::kSoft, Criticality::kBestEffort};
std::string_view name_of(Criticality criticality);

// When jobs of a task come: every period; with the period as the least time between two (Mok
// 1983); or with each job of another task, whose output is the input it runs on.
enum class Arrival { kPeriodic, kSporadic, kEvent };
std::string_view name_of(Arrival arrival);

// What becomes of a task whose job is late (Cervin 2005: queue, skip, kill).
enum class Overrun {
  kSkip,    // it runs on; a job whose deadline has passed before it could begin is shed
  kRunOn,   // it runs on; every job after it runs, however late
  kAbort,   // it ends at its next operation boundary, as missed; what it had not begun never runs
};
inline constexpr Overrun kOverruns[] = {Overrun::kSkip, Overrun::kRunOn, Overrun::kAbort};
std::string_view name_of(Overrun overrun);
// Of a task that says nothing: hard and firm run on, soft and best-effort skip.
constexpr Overrun default_overrun(Criticality criticality) {
  return criticality >= Criticality::kSoft ? Overrun::kSkip : Overrun::kRunOn;
}

struct WorkloadModule {
  std::string name;
  std::string path;                // .mlir or .vmfb, absolute after reading
  std::string function = "main";   // the exported function a job calls
};

struct Task {
  std::string name;
  ModuleId module;
  Period period;                   // sporadic: least separation; event: that of `on`
  Nanos phase;                     // event: that of `on`
  Nanos deadline;                  // relative to release; default: the period
  Criticality criticality = Criticality::kFirm;
  int priority = 0;                // higher is more urgent; breaks ties inside a criticality
  int64_t weight = 1;              // of its lateness against that of other tasks, >= 1
  Nanos jitter = Nanos::max();     // how far its response times may spread; max(): any
  Arrival arrival = Arrival::kPeriodic;
  // Event: a task before this one. Job k is released with job k of `on`, so that its deadline
  // counts from there, and begins when that one is done; when that is shed, so is this.
  TaskId on;
  int arrival_pct = 100;           // sporadic, event: how many of those planned for come
  std::optional<Overrun> overrun;  // nullopt: default_overrun()

  Overrun overrun_policy() const { return overrun.value_or(default_overrun(criticality)); }
};

struct Chain {
  std::string name;
  std::vector<TaskId> tasks;       // in data order
  Nanos deadline;                  // end to end
};

struct DataEdge {
  enum class Mode { kEvery, kLatest };
  TaskId from;
  TaskId to;
  Mode mode = Mode::kLatest;
  // kEvery: outputs that may wait to be read: job k of `from` begins when job k - buffer of `to`
  // is done. 0: as many as there are.
  int buffer = 0;
  // kLatest: how long ago the job that made the data may have been released when its reader is
  // released; older data is stale. max(): any.
  Nanos staleness = Nanos::max();
};
std::string_view name_of(DataEdge::Mode mode);

// What a plan is after when everything is in time.
enum class Energy {
  kPerformance,   // to be done early
  kSave,          // few lanes awake: the others sleep (docs/planning.md)
};
inline constexpr Energy kEnergies[] = {Energy::kPerformance, Energy::kSave};
std::string_view name_of(Energy energy);

// Throttling that is known ahead: from `at` on, since the start of the mission, the cores of
// `cluster` run at `pct` of full speed, until the next one of that cluster.
struct Throttling {
  Nanos at;
  std::string cluster;             // of the SoC that it runs on
  uint32_t pct = 100;              // 1 to 100
};

// A named part of the mission: the tasks that are active, some at rates of their own.
struct MissionMode {
  struct Rate {
    TaskId task;
    Period period;
  };
  std::string name;
  std::vector<TaskId> tasks;
  std::vector<Rate> rates;         // of its periodic and sporadic tasks
};

struct Workload {
  static constexpr int kVersion = 1;   // of the format

  std::string name;
  std::vector<WorkloadModule> modules;
  std::vector<Task> tasks;
  std::vector<Chain> chains;
  std::vector<DataEdge> edges;
  std::vector<MissionMode> modes;  // empty: all tasks, always; else it begins in the first
  std::vector<Throttling> throttling;  // by time
  Energy energy = Energy::kPerformance;
  Nanos window = millis(100);      // what is planned at once, or the hyperperiod when that is less
};

// The workload of one of its modes: active tasks, the edges between them, the chains that are
// whole; tasks keep their names, not their ids.
Workload in_mode(const Workload& workload, const MissionMode& mode);

// Another period of a task and of those it triggers. A deadline within the old period is cut to
// the new one; the phase likewise. REQUIRES: the task is not event-driven
void set_period(Workload& workload, TaskId task, const Period& period);

// The least common multiple of the periods. kUsage when it exceeds `limit`, naming the
// periods that do not fit together and the nearest ones that would.
Result<Nanos> hyperperiod(const Workload& workload, Nanos limit = seconds(10));

Result<Workload> read_workload(const std::string& path);
Result<Workload> parse_workload(std::string_view text, const std::string& path);
std::string write_workload(const Workload& workload);

}  // namespace takt
