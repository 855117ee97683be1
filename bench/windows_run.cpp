#include "bench/windows_run.h"

#include <algorithm>
#include <map>

#include "app/window_planning.h"
#include "base/quantile.h"
#include "bench/measure.h"

namespace takt::bench {
namespace {

constexpr int64_t kClairvoyantSteps = 2000;

// Counts outcomes as they come.
class Counter {
 public:
  Counter(const Instance& instance, const Upset& upset) : instance_(instance), upset_(upset) {}

  void operator()(const TraceEvent& event) {
    if (event.task >= instance_.tasks.size()) return;   // the planner, or nobody
    if (event.kind == TraceEvent::Kind::kRelease) ++run.lost;
    if (event.kind != TraceEvent::Kind::kJobEnd) return;
    --run.lost;
    if (JobOutcome(event.value) == JobOutcome::kDone) return;
    const int64_t window = event.begin / instance_.horizon;
    const Criticality criticality = instance_.tasks[event.task].criticality;
    if (criticality > Criticality::kFirm) {
      ++run.soft_misses;
      return;
    }
    const bool hard = criticality == Criticality::kHard;
    ++(hard ? run.hard_misses : run.firm_misses);
    if (hard && run.bad_windows.size() < kBadMost) run.bad_windows.insert(window);
    ++(hard ? recent_[window].hard : recent_[window].firm);
    // Job ends come nearly in the order of their windows.
    while (recent_.begin()->first + kLag < window) judge_first();
  }

  void finish() {
    while (!recent_.empty()) judge_first();
  }

  WindowsRun run;

 private:
  static constexpr int64_t kLag = 16;
  struct Misses {
    int64_t hard = 0, firm = 0;
  };

  void judge_first() {
    const auto [window, misses] = *recent_.begin();
    recent_.erase(recent_.begin());
    const Nanos begin = instance_.horizon * window, end = begin + instance_.horizon;
    int64_t needed = 0;
    for (const Upset::Spell& spell : upset_.spells)
      if (spell.begin < end && begin < spell.end) needed = std::max(needed, spell.firm_needed);
    if (misses.hard == 0 && misses.firm <= needed) return;
    const bool onset = std::any_of(upset_.onsets.begin(), upset_.onsets.end(),
                                   [&](Nanos at) { return begin <= at && at < end; });
    if (onset) row_ = 1;
    else if (row_ > 0 && window == last_ + 1) ++row_;
    else row_ = 0;
    last_ = window;
    run.recovery_windows = std::max(run.recovery_windows, row_);
  }

  const Instance& instance_;
  const Upset& upset_;
  std::map<int64_t, Misses> recent_;   // windows with misses
  int64_t row_ = 0, last_ = -1;        // windows since an onset, all with misses; the last of them
};

LaneId lane_named(const Instance& instance, std::string_view name) {
  const auto found = std::find(instance.lane_names.begin(), instance.lane_names.end(), name);
  CHECK(found != instance.lane_names.end());
  return LaneId(uint32_t(found - instance.lane_names.begin()));
}

std::string at(Nanos begin, Nanos length) {
  return ",at=" + std::to_string(begin.ns / 1000) + "us,for=" + std::to_string(length.ns / 1000) +
         "us";
}

// `length` of it every `every`, from half of that on.
Upset repeated(const std::string& name, const std::string& fault, Nanos every, Nanos length,
               Nanos time, const Conditions& meanwhile) {
  Upset made{name, "none", {}, {}, {}};
  for (Nanos begin = every / 2; begin + length < time; begin += every) {
    made.faults.push_back(fault + at(begin, length));
    made.onsets.push_back(begin);
    made.onsets.push_back(begin + length);
    made.spells.push_back({begin, begin + length, meanwhile});
  }
  return made;
}

}  // namespace

std::vector<Upset> upsets(const SimCase& which, Nanos time) {
  const Instance& instance = which.instance;
  std::vector<Upset> all;
  for (const char* percent : {"0", "10", "30"}) {
    Upset& made = all.emplace_back();
    made.name = std::string("jitter-") + percent;
    if (percent[0] != '0') made.jitter = std::string("uniform:") + percent;
  }
  Conditions hot, no_npu, no_lane, other_mode;
  hot.speed_pct = {70, 100, 100};
  no_npu.lost = LaneMask::of(lane_named(instance, "npu").value());
  no_lane.lost = LaneMask::of(lane_named(instance, "big.1").value());
  all.push_back(repeated("thermal", "thermal:cluster=big,pct=70", std::min(time / 2, seconds(20)),
                         std::min(time / 4, seconds(5)), time, hot));
  all.push_back(repeated("npu-loss", "npu-fault:lane=npu", std::min(time / 2, seconds(5)),
                         millis(200), time, no_npu));
  all.push_back(repeated("lane-loss", "lane-loss:lane=big.1", time, time / 3, time, no_lane));
  Upset& mode = all.emplace_back();
  mode.name = "mode";
  const Nanos every = std::min(time / 3, seconds(5));
  mode.faults.push_back("mode:task=dronet_int8,every=" + std::to_string(every.ns / 1000) + "us");
  for (uint32_t t = 0; t < instance.tasks.size(); ++t)
    if (instance.tasks[t].name == "dronet_int8") other_mode.inactive = {TaskId(t)};
  for (Nanos begin = every; begin < time; begin += every * 2) {
    mode.onsets.push_back(begin);
    mode.onsets.push_back(begin + every);
    mode.spells.push_back({begin, begin + every, other_mode});
  }
  for (Upset& upset : all)
    for (Upset::Spell& spell : upset.spells)
      spell.firm_needed =
          &spell != &upset.spells.front()
              ? upset.spells.front().firm_needed
              : clairvoyant(which, upset, 0,
                            spell.begin / instance.horizon + 1)[Level::kFirmMisses];
  return all;
}

Result<WindowsRun> run_windows(const SimCase& which, const Upset& upset,
                               const RunOptions& options) {
  const WindowOptions windows;
  std::optional<WindowPlanning> planning;
  if (options.replans)
    planning.emplace(which.instance, which.plan ? &*which.plan : nullptr, windows);
  TAKT_ASSIGN(const SimInput input, sim_input_of(which, *options.policy,
                                                 planning ? planner_slices(windows) : 0));
  Counter counter(which.instance, upset);
  SimOptions sim;
  sim.policy = options.policy;
  sim.seed = options.seed;
  sim.windows = options.windows;
  sim.trace = false;
  sim.sink = [&counter](const TraceEvent& event) { counter(event); };
  TAKT_ASSIGN(sim.jitter, Jitter::parse(upset.jitter));
  sim.disturbances = upset.faults;
  sim.planner = planning ? &*planning : nullptr;
  TAKT_ASSIGN(const SimResult result, simulate(input, sim));
  counter.finish();
  WindowsRun run = std::move(counter.run);
  run.replans = result.replans;
  run.plans = result.plans;
  run.plans_late = result.plans_late;
  if (planning && !planning->spent().empty())
    run.planner_p99 = quantile(planning->spent(), 0.99);
  return run;
}

Score clairvoyant(const SimCase& which, const Upset& upset, uint64_t seed, int64_t window) {
  const Instance& base_instance = which.instance;
  const WindowBase base(base_instance);
  const Nanos from = base_instance.horizon * window, to = from + base_instance.horizon;
  Conditions conditions;
  for (const Upset::Spell& spell : upset.spells)
    if (spell.begin < to && from < spell.end) conditions = spell.conditions;
  WindowState state{from, {}, {}};
  for (const std::vector<JobId>& jobs : base.jobs_of)
    state.next.push_back(window * int64_t(jobs.size()));
  const PlansInForce none;
  WindowInstance made =
      window_instance(base, conditions, Forecast(base, conditions, state, from, to, none));
  const Result<Jitter> jitter = Jitter::parse(upset.jitter);
  for (uint32_t i = 0; i < made.sources.size(); ++i) {
    const RunOp& what = made.sources[i].what;
    const Job& job = base_instance.jobs[what.job.value()];
    const auto number = uint64_t(window) * base.jobs_of[job.task.value()].size() + job.index;
    const uint32_t factor = jitter->factor(Jitter::key(seed, number, what.op.value()));
    for (Mode& mode : made.instance.operations[i].modes)
      mode.duration = std::max(mode.duration * factor / Jitter::kOne, Nanos(1));
  }
  const Problem problem(made.instance);
  Replanner replanner(problem, {});
  replanner.first(nullptr);
  const auto misses = [&] {
    return replanner.score()[Level::kHardMisses] + replanner.score()[Level::kFirmMisses];
  };
  for (int64_t steps = 0; steps < kClairvoyantSteps && misses() > 0; steps += 100)
    replanner.improve(Nanos::max(), 100);
  return replanner.score();
}

}  // namespace takt::bench
