#include "sim/engine.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/check.h"

namespace takt {

Engine::Engine(const SimInput& input, const SimOptions& options, Disturbances disturbances)
    : input_(input), options_(options), policy_(*options.policy),
      disturbances_(std::move(disturbances)), arrivals_of_jobs_(input, options.seed),
      lanes_count_(uint32_t(input.lane_names.size())),
      tasks_count_(uint32_t(input.tasks.size())), pools_count_(uint32_t(input.pools.size())),
      lane_words_((lanes_count_ + 63) / 64), task_words_((tasks_count_ + 63) / 64),
      row_count_(sim_tuning::kCandidates + (2 + lanes_count_ - input.cores.count()) * tasks_count_),
      keeps_lanes_(policy_.keeps_lanes()),
      places_(policy_.places() && options.informed), looks_around_(policy_.looks_around()),
      has_plans_(options.planner != nullptr ||
                 std::any_of(input.ops.begin(), input.ops.end(),
                             [](const SimOp& op) { return op.planned; })),
      clock_(3 * lanes_count_ - input.cores.count() + tasks_count_ + 4),
      ops_(input.ops.size()), jobs_(input.jobs.size()), tasks_(tasks_count_),
      lanes_(lanes_count_), accelerator_of_(lanes_count_, kNone),
      reaction_(lanes_count_, uint32_t(input.pools.size()), Nanos(0)), backlogs_(lanes_count_),
      speed_pct_(input.pools.size(), 100),
      arrivals_(input.sites > 1 ? input.ops.size() * input.sites : 0),
      plans_(input.ops.size()), order_(input.ops.size()),
      cursors_(input.jobs.size() * lanes_count_),
      triggers_({lanes_count_, uint32_t(input.pools.size()),
                 lanes_count_ - input.cores.count(), 0}),
      cross_waits_(input.crosses.size(), false), cross_reader_(input.crosses.size()),
      slot_op_(lanes_count_, kNone), rows_(size_t{lanes_count_} * row_count_),
      planned_next_(size_t{lanes_count_} * tasks_count_), stale_(lanes_count_ * task_words_),
      open_tasks_(task_words_), pool_lanes_on_(input.ops.size() * pools_count_),
      free_at_(lanes_count_, Nanos::max()) {
  for (uint32_t lane = lanes_count_; lane-- > 0;) free_slots_.push_back(lane);
  uint32_t words = 0;
  for (uint32_t j = 0; j < jobs_.size(); ++j) {
    jobs_[j].first_word = words;
    jobs_[j].words = (input.jobs[j].op_count + 63) / 64;
    words += jobs_[j].words;
  }
  ready_.assign(words, 0);
  for (uint32_t i = 0; i < ops_.size(); ++i) known_.push_back(known_of(i));
  add_accelerators();
  timed_.reserve(2 * (input.ops.size() + input.crosses.size()));
  rate_changed_.reserve(lanes_count_);
  input.cores.for_each([&](uint32_t lane) {
    idle_.add(lane);
    ++idle_count_;
    loads_.push_back({lane, input.pool_of[lane], Nanos(0), 100, true, true});
  });
  result_.busy.assign(lanes_count_, Nanos(0));
  result_.trace.lanes = input.lane_names;
  for (const SimTask& task : input.tasks) result_.trace.tasks.push_back(task.name);
}

SimResult Engine::run() {
  const bool repeats = input_.window != Nanos::max();
  Nanos last(0);
  for (const SimJob& job : input_.jobs) last = std::max(last, job.release);
  if (repeats) last = input_.window * options_.windows;
  const Nanos give_up = last + options_.grace;
  for (uint32_t task = 0; task < tasks_count_; ++task)
    if (task != input_.planner) activate_next(task);
  if (input_.planner != kNone) start_planner(last);
  if (!disturbances_.timeline.empty())
    clock_.set(disturbance_slot(), disturbances_.timeline.front().at);
  beat();
  settle();
  while (tasks_over_ < tasks_count_ && clock_.next_time() <= give_up) {
    // At this very moment lanes have yet to be asked.
    if (clock_.next() == reaction_slot() && clock_.next_time() > now_ && nothing_can_happen())
      break;
    now_ = clock_.next_time();
    handle(clock_.next());
    // All that happens now comes before what lanes make of it.
    if (clock_.next_time() > now_) settle();
  }
  finish_unfinished();
  result_.end = now_;
  for (const Accelerator& accelerator : accelerators_)
    result_.accelerators.push_back({accelerator.lane, accelerator.manager.statistics(now_)});
  std::vector<TraceEvent>& events = result_.trace.events;
  std::stable_sort(events.begin(), events.end(),
                   [](const TraceEvent& a, const TraceEvent& b) { return a.begin < b.begin; });
  return std::move(result_);
}

void Engine::settle() {
  do {
    while (!dirty_.empty()) {
      const uint32_t lane = dirty_.least();
      dirty_.remove(lane);
      ask(lane);
    }
    std::swap(dirty_, later_);
    if (dirty_.empty() && untaken_ > 0) {
      take_back_grants();
      ++epoch_;
    }
  } while (!dirty_.empty() || untaken_ > 0);
  if (!rate_changed_.empty()) settle_rates();
}

void Engine::handle(uint32_t slot) {
  ++epoch_;
  if (slot < lanes_count_) {
    finish(slot);
  } else if (slot == ready_slot()) {
    timed();
  } else if (slot == disturbance_slot()) {
    const std::vector<Disturbance>& timeline = disturbances_.timeline;
    disturb(timeline[next_disturbance_++]);
    clock_.set(slot, next_disturbance_ == timeline.size() ? Nanos::max()
                                                          : timeline[next_disturbance_].at);
  } else if (slot < ask_slot(0)) {
    release_due(slot - release_slot(0));
  } else if (slot < reaction_slot()) {
    clock_.set(slot, Nanos::max());
    dirty_.add(slot - ask_slot(0));
  } else if (slot == reaction_slot()) {
    now_ < next_beat_ ? react() : beat();
  } else if (slot < planner_slot()) {
    poll(accelerators_[slot - poll_slot(0)]);
  } else {
    planner_due();
  }
}

void Engine::disturb(const Disturbance& what) {
  mix(uint64_t(what.kind) << 32 | what.lane);
  switch (what.kind) {
    case Disturbance::Kind::kStop: return stop(what.lane);
    case Disturbance::Kind::kGo: return go(what.lane);
    case Disturbance::Kind::kLose: return lose(what.lane);
    case Disturbance::Kind::kReturn: return bring_back(what.lane);
    case Disturbance::Kind::kFail: return fail(what);
    case Disturbance::Kind::kRepair: return repair(what.lane);
    case Disturbance::Kind::kHang: return hang(what.lane);
    case Disturbance::Kind::kMode:
      record_decision(TraceDecision::kMode, 0, what.lane, kNone);
      triggers_.report_mode(what.lane, now_);
      return check_triggers();
    case Disturbance::Kind::kSpeed: return set_speed(what);
  }
}

// A lane that stops has claimed a tile, which waits for it; the others go on.
void Engine::stop(uint32_t index) {
  LaneRun& lane = lanes_[index];
  if (lane.stops++ > 0) return;
  lane.stopped = now_;
  if (!lane.gone) reaction_.report_heartbeat(index, now_);   // its last
  if (lane.op == kNone) return;
  OpRun& op = ops_[lane.op];
  progress(lane.op);
  const uint64_t tile = op.on_accelerator ? kWhole : kWhole / input_.ops[lane.op].tiles;
  lane.held = std::min(op.remaining, tile);
  op.remaining -= lane.held;
  take_off(index, lane.op);
  ++op.held_by;
  sharing_.remove(index);
  reschedule(lane.op);
}

void Engine::go(uint32_t index) {
  LaneRun& lane = lanes_[index];
  if (--lane.stops > 0) return;
  if (!lane.gone) reaction_.report_heartbeat(index, now_);
  // It sees the gap, at work or while it looks for some.
  if (now_ - lane.stopped > dispatch_tuning::kLostCpuLeast) lane.steadiness.lost_cpu(now_);
  if (lane.op == kNone) {
    if (lane.usable) dirty_.add(index);
    return;
  }
  OpRun& op = ops_[lane.op];
  progress(lane.op);
  op.remaining += lane.held;
  lane.held = 0;
  put_on(index, lane.op);
  --op.held_by;
  if (input_.ops[lane.op].tiles > 1 && !op.on_accelerator) sharing_.add(index);
  reschedule(lane.op);
}

void Engine::lose(uint32_t index) {
  LaneRun& lane = lanes_[index];
  if (lane.gone) return;
  lane.gone = true;
  if (const uint32_t op = lane.op; op != kNone) {
    const bool divisible = input_.ops[op].tiles > 1 && !ops_[op].on_accelerator;
    give_up_accelerator(op);
    leave(index);
    // Half of a tile is nothing.
    if (!divisible) ops_[op].remaining = kWhole;
    offer(op);
  }
  not_idle(index);
  reaction_.report_stuck(index, now_);
  react();
}

void Engine::bring_back(uint32_t index) {
  LaneRun& lane = lanes_[index];
  if (!lane.gone) return;
  lane.gone = false;
  if (lane.stops == 0) reaction_.report_heartbeat(index, now_);
  react();
}

void Engine::set_speed(const Disturbance& what) {
  record_decision(TraceDecision::kSpeed, input_.pools[what.pool].lanes.front(), what.speed_pct,
                  kNone);
  speed_pct_[what.pool] = what.speed_pct;
  change_rates(what.pool);
  reaction_.report_speed(what.pool, what.speed_pct, now_);
  react();
}

// The speed of the cluster, or what is known of it, is another now.
void Engine::change_rates(uint32_t pool) {
  speeds_known_ = true;
  for (uint32_t p = 0; p < speed_pct_.size(); ++p)
    speeds_known_ = speeds_known_ && speed_pct_[p] == reaction_.speed_pct(p);
  for (const uint32_t lane : input_.pools[pool].lanes) {
    if (lanes_[lane].op == kNone) continue;
    progress(lanes_[lane].op);
    reschedule(lanes_[lane].op);
  }
}

// An operation whose inputs came with a delay, or an input that is not waited for any longer.
void Engine::timed() {
  std::pop_heap(timed_.begin(), timed_.end(), std::greater<>());
  const uint32_t what = timed_.back().second;
  timed_.pop_back();
  clock_.set(ready_slot(), timed_.empty() ? Nanos::max() : timed_.front().first);
  const auto crosses = uint32_t(ops_.size()), jobs = crosses + uint32_t(input_.crosses.size());
  if (what >= jobs) return abort_late(what - jobs);
  if (what >= crosses) return stop_waiting(what - crosses);
  // Its job may have been given up meanwhile, even its next job have begun.
  const OpRun& run = ops_[what];
  if (run.status == OpStatus::kWaiting && run.pending == 0 && run.ready_at <= now_ &&
      jobs_[input_.ops[what].job].arrived)
    open(what);
}

// Nothing can happen any more, or not in time: what has been released is missed.
void Engine::finish_unfinished() {
  for (uint32_t lane = 0; lane < lanes_count_; ++lane)
    if (lanes_[lane].op != kNone && lanes_[lane].accelerator == kNone && input_.cores.has(lane))
      record_segment(lane);
  for (uint32_t task = 0; task < tasks_count_; ++task) {
    const uint32_t current = tasks_[task].current;
    if (current != kNone && !jobs_[current].ended)
      end_job(current, jobs_[current].shed ? outcome_of_dropped(jobs_[current])
                                             : JobOutcome::kMissed);
    while (const std::optional<uint32_t> job = announce_next(task))
      end_job(*job, sheds(task, *job) ? JobOutcome::kShed : JobOutcome::kMissed);
  }
}

// FNV-1a over 64-bit words.
void Engine::mix(uint64_t value) {
  result_.digest = (result_.digest ^ value) * 0x100000001b3ull + uint64_t(now_.ns);
}

Result<SimResult> simulate(const SimInput& input, const SimOptions& options) {
  CHECK(options.policy != nullptr && options.windows >= 1);
  const bool repeats = input.window != Nanos::max();
  if (options.windows > 1 && !repeats)
    return bad_input("the instance's window does not repeat: it can be simulated once only");
  Nanos end(0);
  for (const SimJob& job : input.jobs) end = std::max(end, job.release);
  if (repeats) end = input.window * options.windows;
  TAKT_ASSIGN(Disturbances drawn, draw_disturbances(options.disturbances, input,
                                                    end + options.grace, options.seed));
  return Engine(input, options, std::move(drawn)).run();
}

}  // namespace takt
