// The life of a job: submitted when the one before it has ended (ahead of its release if it
// can), released, its operations opened as their inputs are done, ended once.
#include <algorithm>
#include <functional>

#include "base/check.h"
#include "sim/engine.h"

namespace takt {
namespace {

Nanos shifted(Nanos time, Nanos by) { return time == Nanos::max() ? time : time + by; }

}  // namespace

// Before it begins: its task says so, or what triggers it was given up.
bool Engine::sheds(uint32_t task, uint32_t job) const {
  return (input_.tasks[task].overrun != Overrun::kRunOn && now_ >= jobs_[job].deadline) ||
         trigger_dropped(job);
}

// The task's next job that comes, as far as its times go; nothing after the last.
std::optional<uint32_t> Engine::announce_next(uint32_t task) {
  const SimTask& spec = input_.tasks[task];
  TaskRun& run = tasks_[task];
  run.current = kNone;
  renew_rows(task);
  const uint64_t per_window = spec.jobs.size(), all = per_window * uint64_t(options_.windows);
  if (task == input_.planner) return std::nullopt;
  while (run.next < all && !comes(task, run.next)) ++run.next;
  if (run.next == all) {
    ++tasks_over_;
    return std::nullopt;
  }
  const uint32_t index = spec.jobs[run.next % per_window];
  JobRun& job = jobs_[index];
  job.number = run.next++;
  job.window = int64_t(job.number / per_window);
  job.base = input_.window == Nanos::max() ? Nanos(0) : input_.window * job.window;
  job.delay = arrivals_of_jobs_.delay(task, job.number);
  job.release = job.base + input_.jobs[index].release + job.delay;
  job.deadline = shifted(input_.jobs[index].deadline, job.base + job.delay);
  job.ended = job.shed = job.aborted = false;
  record(job_event(TraceEvent::Kind::kRelease, index));
  return index;
}

void Engine::activate_next(uint32_t task) {
  if (task == input_.planner) return plan_over();
  while (const std::optional<uint32_t> job = announce_next(task)) {
    if (!sheds(task, *job)) return submit(task, *job);
    drop_job(*job);
    end_job(*job, JobOutcome::kShed);
  }
}

void Engine::submit(uint32_t task, uint32_t index) {
  const SimJob& spec = input_.jobs[index];
  JobRun& job = jobs_[index];
  tasks_[task].current = index;
  job.sequence = ++sequence_;
  job.due = job.arrived = false;
  job.graph_left = spec.graph_ops;
  job.ops_left = spec.op_count;
  job.running = 0;
  const bool sites = input_.sites > 1, jitters = !options_.jitter.none();
  for (uint32_t i = spec.first_op; i < spec.first_op + spec.op_count; ++i) {
    OpRun& op = ops_[i];
    op.status = OpStatus::kWaiting;
    op.is_placed = op.hangs = false;
    op.asked = kNone;
    op.pending = input_.ops[i].inputs;
    op.remaining = kWhole;
    op.ready_at = now_;
    Candidate& known = known_[i];
    known.submission = job.sequence;
    known.release = job.release;
    known.deadline = job.deadline;
    known.ready = false;
    if (jitters)
      op.stretch = options_.jitter.factor(Jitter::key(options_.seed, job.number, i));
    if (sites)
      std::fill_n(&arrivals_[size_t{i} * input_.sites], input_.sites, Nanos(0));
    const SimOp& what = input_.ops[i];
    for (uint32_t c = what.first_cross; c < what.first_cross + what.crosses; ++c)
      await_other_job(i, c);
  }
  plan_job(index);
  renew_rows(task);
  if (input_.tasks[task].overrun == Overrun::kAbort && job.deadline != Nanos::max())
    at_time(job.deadline + Nanos(1), uint32_t(ops_.size() + input_.crosses.size()) + index);
  clock_.set(release_slot(task), std::max(job.release, now_));
}

// An input that another job makes. When it is not there by that job's deadline it is not waited
// for: the reader takes what there was before, as it does on a device; but not where that job is
// what the reader comes for.
void Engine::await_other_job(uint32_t index, uint32_t cross) {
  const SimEdge& edge = input_.crosses[cross];
  const uint32_t maker = input_.ops[edge.op].job;
  const JobRun& other = jobs_[maker];
  const JobRun& job = jobs_[input_.ops[index].job];
  const OpRun& before = ops_[edge.op];
  const SimJob& spec = input_.jobs[maker];
  cross_waits_[cross] = false;
  if (other.window > job.window) return;   // long ago
  const uint64_t number = uint64_t(job.window) * input_.tasks[spec.task].jobs.size() + spec.index;
  if (!comes(spec.task, number)) return;
  if (other.window == job.window) {
    if (before.status == OpStatus::kDone)
      return note_arrival(index, edge.delay, edge.transfer, before.site, before.done_at);
    if (other.shed) return;
  }
  const bool triggers = input_.tasks[input_.jobs[input_.ops[index].job].task].on == spec.task;
  const Nanos deadline =
      triggers ? Nanos::max()
               : shifted(spec.deadline, job.base + arrivals_of_jobs_.delay(spec.task, number));
  if (deadline <= now_) return;
  cross_waits_[cross] = true;
  cross_reader_[cross] = index;
  ++ops_[index].pending;
  if (deadline != Nanos::max()) at_time(deadline, uint32_t(ops_.size()) + cross);
}

void Engine::other_job_done(const SimEdge& edge, uint32_t transfer, uint32_t site) {
  if (!cross_waits_[edge.cross]) return;
  cross_waits_[edge.cross] = false;
  input_done(edge.op, transfer == kNone ? Nanos(0) : edge.delay, transfer, site);
}

// The deadline of the job that makes the input has passed. The reader may be a later one by now:
// then its own deadline for the input is still to come.
void Engine::stop_waiting(uint32_t cross) {
  if (!cross_waits_[cross]) return;
  const uint32_t reader = cross_reader_[cross];
  const JobRun& job = jobs_[input_.ops[reader].job];
  const SimJob& maker = input_.jobs[input_.ops[input_.crosses[cross].op].job];
  const uint64_t number = uint64_t(job.window) * input_.tasks[maker.task].jobs.size() + maker.index;
  const Nanos delay = arrivals_of_jobs_.delay(maker.task, number);
  if (shifted(maker.deadline, job.base + delay) > now_) return;
  cross_waits_[cross] = false;
  input_done(reader, Nanos(0), kNone, 0);
}

void Engine::at_time(Nanos time, uint32_t what) {
  timed_.emplace_back(time, what);
  std::push_heap(timed_.begin(), timed_.end(), std::greater<>());
  clock_.set(ready_slot(), timed_.front().first);
}

// The release, and after it the moment when late inputs come.
void Engine::release_due(uint32_t task) {
  clock_.set(release_slot(task), Nanos::max());
  const uint32_t index = tasks_[task].current;
  JobRun& job = jobs_[index];
  if (!job.due) {
    job.due = true;
    if (job.ordered == 0) renew_rows(task);
    const Nanos late = late_by(job, task);
    if (late > Nanos(0)) {
      TraceEvent event = job_event(TraceEvent::Kind::kInputs, index);
      event.end = job.release + late;
      record(event);
      return clock_.set(release_slot(task), std::max(now_, event.end));
    }
  }
  job.arrived = true;
  const SimJob& spec = input_.jobs[index];
  if (spec.graph_ops == 0 && !job.ended) end_job(index, JobOutcome::kDone);
  if (job.ops_left == 0) return activate_next(task);
  for (uint32_t i = spec.first_op; i < spec.first_op + spec.op_count; ++i)
    if (ops_[i].pending == 0) inputs_done(i);
}

Nanos Engine::late_by(const JobRun& job, uint32_t task) const {
  Nanos late(0);
  for (const LateInputs& spec : disturbances_.late) {
    if (spec.task != task) continue;
    Rng rng(Jitter::key(spec.key, job.number, task));
    if (rng.below(1'000'000) < spec.chance_ppm)
      late = std::max(late, Nanos(rng.between(1, spec.most.ns)));
  }
  return late;
}

void Engine::end_job(uint32_t index, JobOutcome outcome) {
  JobRun& job = jobs_[index];
  DCHECK(!job.ended);
  job.ended = true;
  TraceEvent event = job_event(TraceEvent::Kind::kJobEnd, index);
  event.end = std::max(now_, event.begin);
  event.value = uint16_t(outcome);
  record(event);
  mix(uint64_t{index} << 4 | uint64_t(outcome));
}

// Nothing of the job that has not begun will run; who waits for it elsewhere need not.
void Engine::drop_job(uint32_t index) {
  JobRun& job = jobs_[index];
  job.shed = true;
  const SimJob& spec = input_.jobs[index];
  renew_rows(spec.task);
  const bool begun = tasks_[spec.task].current == index;
  for (uint32_t i = spec.first_op; i < spec.first_op + spec.op_count; ++i) {
    if (!begun) {
      ops_[i].status = OpStatus::kWaiting;
    } else if (ops_[i].status == OpStatus::kDone) {
      continue;
    }
    withdraw(i);
    if (ops_[i].lanes_on == 0) give_up_accelerator(i);
    const SimOp& op = input_.ops[i];
    for (uint32_t e = op.first_edge; e < op.first_edge + op.edges; ++e) {
      const SimEdge& edge = input_.edges[e];
      if (edge.cross != kNone && waits_in(input_.ops[edge.op].job, job.window))
        other_job_done(edge, kNone, 0);
    }
  }
  drop_triggered(index);
}

// What was to run on its output; such a job may be waiting already, or be announced later.
void Engine::drop_triggered(uint32_t index) {
  const SimJob& spec = input_.jobs[index];
  for (uint32_t task = 0; task < tasks_count_; ++task) {
    if (input_.tasks[task].on != spec.task) continue;
    const uint32_t reader = input_.tasks[task].jobs[spec.index];
    if (!waits_in(reader, jobs_[index].window)) continue;
    drop_job(reader);
    end_dropped(reader);
  }
}

bool Engine::trigger_dropped(uint32_t index) const {
  const SimJob& spec = input_.jobs[index];
  const uint32_t on = input_.tasks[spec.task].on;
  if (on == kNone) return false;
  const JobRun& other = jobs_[input_.tasks[on].jobs[spec.index]];
  return other.window == jobs_[index].window && other.shed;
}

// The time is past its deadline, if the job is still the one that was meant.
void Engine::abort_late(uint32_t index) {
  JobRun& job = jobs_[index];
  if (tasks_[input_.jobs[index].task].current != index || job.ended || job.shed ||
      job.deadline >= now_)
    return;
  job.aborted = true;
  drop_job(index);
  end_dropped(index);
}

// True when the operations of `index` are those of that window, and some are still to run.
bool Engine::waits_in(uint32_t index, int64_t window) const {
  return tasks_[input_.jobs[index].task].current == index && jobs_[index].window == window &&
         !jobs_[index].shed;
}

// A job given up ends when the last of its running operations is done.
void Engine::end_dropped(uint32_t index) {
  if (jobs_[index].running > 0) return;
  if (!jobs_[index].ended) end_job(index, outcome_of_dropped(jobs_[index]));
  clock_.set(release_slot(input_.jobs[index].task), Nanos::max());   // its inputs may be late
  activate_next(input_.jobs[index].task);
}

void Engine::note_arrival(uint32_t index, Nanos delay, uint32_t transfer, uint32_t site,
                          Nanos end) {
  OpRun& op = ops_[index];
  op.ready_at = std::max(op.ready_at, end + delay);
  if (transfer == kNone) return;
  const int64_t* times =
      &input_.transfers[(size_t{transfer} * input_.sites + site) * input_.sites];
  for (uint32_t to = 0; to < input_.sites; ++to) {
    Nanos& arrival = arrivals_[size_t{index} * input_.sites + to];
    arrival = std::max(arrival, end + delay + Nanos(times[to]));
  }
}

void Engine::input_done(uint32_t index, Nanos delay, uint32_t transfer, uint32_t site) {
  note_arrival(index, delay, transfer, site, now_);
  OpRun& op = ops_[index];
  DCHECK(op.pending > 0);
  if (--op.pending == 0 && jobs_[input_.ops[index].job].arrived) inputs_done(index);
}

void Engine::inputs_done(uint32_t index) {
  if (ops_[index].ready_at <= now_) return open(index);
  at_time(ops_[index].ready_at, index);
}

void Engine::open(uint32_t index) {
  ops_[index].status = OpStatus::kOpen;
  known_[index].ready = true;
  const uint32_t task = input_.jobs[input_.ops[index].job].task;
  for_lanes(plans_[index].lanes, [&](uint32_t lane) {
    const uint32_t row = planned_next_[lane * tasks_count_ + task].row;
    if (row != kNone && rows_of(lane)[row].op == index) renew_row(lane, task);
  });
  queue_for_accelerator(index);
  if (places_ && !plans_[index].planned) place(index);
  offer(index);
}

// The lanes that others leave it to: of the plan, or as placed.
const LaneMask& Engine::owners_of(uint32_t index) const {
  static const LaneMask nobody;
  if (plans_[index].planned) return plans_[index].lanes;
  return ops_[index].is_placed ? ops_[index].placed : nobody;
}

// The lanes that may run it.
LaneMask Engine::lanes_for(uint32_t index) const {
  const SimOp& op = input_.ops[index];
  if (!keeps_lanes_) return op.lanes;
  if (plans_[index].planned) return plans_[index].lanes;
  const LaneMask& pin = input_.tasks[input_.jobs[op.job].task].pin;
  return pin.empty() ? op.lanes : op.lanes & pin;
}

void Engine::offer(uint32_t index) {
  const JobRun& job = jobs_[input_.ops[index].job];
  if (job.shed || ops_[index].status != OpStatus::kOpen) return;
  const SimJob& spec = input_.jobs[input_.ops[index].job];
  const uint32_t position = index - spec.first_op;
  uint64_t& word = ready_[job.first_word + position / 64];
  const uint64_t bit = uint64_t{1} << position % 64;
  if (!(word & bit)) {
    word |= bit;
    ++open_count_;
    if (tasks_[spec.task].open++ == 0)
      open_tasks_[spec.task / 64] |= uint64_t{1} << spec.task % 64;
    count_open(index, 1);
  }
  wake(index);
}

void Engine::withdraw(uint32_t index) {
  const JobRun& job = jobs_[input_.ops[index].job];
  const SimJob& spec = input_.jobs[input_.ops[index].job];
  const uint32_t position = index - spec.first_op;
  uint64_t& word = ready_[job.first_word + position / 64];
  const uint64_t bit = uint64_t{1} << position % 64;
  if (!(word & bit)) return;
  word &= ~bit;
  --open_count_;
  if (--tasks_[spec.task].open == 0)
    open_tasks_[spec.task / 64] &= ~(uint64_t{1} << spec.task % 64);
  count_open(index, ~0u);
}

// `by`: 1, or -1.
void Engine::count_open(uint32_t index, uint32_t by) {
  const auto count = [&](uint32_t lane) { lanes_[lane].open += by; };
  keeps_lanes_ ? for_lanes(lanes_for(index), count) : for_lanes(owners_of(index), count);
}

// Lanes for which a ready operation is news.
void Engine::wake(uint32_t index) {
  const LaneMask lanes = lanes_for(index);
  const LaneMask idle = lanes & idle_, owners = idle & owners_of(index);
  // Who it is meant for looks first: an executor's idle lanes look all at once, and mostly leave
  // it to them.
  if (owners.empty()) {
    dirty_ = dirty_ | idle;
  } else {
    dirty_ = dirty_ | owners;
    later_ = later_ | (idle - owners);
  }
  for_lanes(lanes & sharing_, [this](uint32_t lane) {
    at_boundary(lane) ? dirty_.add(lane) : ask_at_boundary(lane);
  });
}

TraceEvent Engine::job_event(TraceEvent::Kind kind, uint32_t index) const {
  TraceEvent event;
  event.kind = kind;
  event.task = input_.jobs[index].task;
  event.job = jobs_[index].number;
  event.begin = event.end = jobs_[index].release;
  return event;
}

}  // namespace takt
