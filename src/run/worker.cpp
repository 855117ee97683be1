// Threads of the executor: workers, parking and waking, and threads that donate
// themselves while they submit or wait.
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>
#include <thread>

#include "base/clock.h"
#include "run/executor.h"
#include "run/futex.h"
#include "run/lane_loop.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {
namespace {

// Pins the calling thread; false when the system does not put it on that cpu.
bool pin_to(int cpu) {
  if (cpu >= CPU_SETSIZE) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0) return false;
  return sched_getcpu() == cpu;
}

// One turn of a spin that has lasted `waited` ticks: a long one lets others have the cpu.
void relax(uint64_t waited) {
  static const uint64_t yield_after = ticks_in(tuning::kSpinYield);
  if (waited > yield_after) {
    std::this_thread::yield();
  } else {
    for (int i = 0; i < 4; ++i) cpu_relax();
  }
}

}  // namespace

bool Executor::any_idle(const LaneMask& among, uint32_t except) const {
  bool found = false;
  among.for_each([&](uint32_t l) {
    found |= l != except && lanes_[l].idle.load(std::memory_order_relaxed);
  });
  return found;
}

// Takes the token of one parked lane among `among`; nullptr when there is none. Without
// `after` it prefers the lane of the cpu this thread is on: the workers of the others can
// then run beside it. With `after` it takes the next lane behind that one.
RunLane* Executor::take_parked_lane(const LaneMask& among, const RunLane* after) {
  for (;;) {
    uint32_t index = parked_.next(among, after ? after->index + 1 : 0);
    if (index == kMaxLanes && after) index = parked_.next(among, 0);
    if (index == kMaxLanes) return nullptr;
    if (!after && lane_count_ > 1) {
      const int cpu = sched_getcpu();
      for (uint32_t l = index; l < kMaxLanes; l = parked_.next(among, l + 1))
        if (lanes_[l].cpu == cpu) index = l;
    }
    if (parked_.take(index)) return &lanes_[index];
  }
}

uint32_t Executor::lane_to_wake(const RunLane& lane, const LaneMask* planned) const {
  if (planned)
    if (const uint32_t first = parked_.next(*planned, 0); first != kMaxLanes) return first;
  if (parked_.next(all_lanes_, 0) == kMaxLanes) return kMaxLanes;
  for (const uint16_t near : lane.nearest)
    if (parked_.has(near)) return near;
  return kMaxLanes;
}

// The owner leaves the lane. Somebody else must be there for what is still in flight.
void Executor::give_back(RunLane& lane) {
  // Lanes about to park look at published_ once more after they set their bit; so either
  // they come back for what this owner leaves, or this owner sees their bits.
  published_.fetch_add(1, std::memory_order_seq_cst);
  parked_.put(lane.index);
  if (!options_.workers || used_.load(std::memory_order_seq_cst) == 0) return;
  if (bound_ || parked_.seen() == all_lanes_) wake(lane.index);
}

void Executor::wake(uint32_t index) {
  if (!options_.workers) return;   // nobody to hand the lane to
  if (!parked_.has(index) || !parked_.take(index)) return;
  RunLane& lane = lanes_[index];
  lane.wake_word.fetch_add(1, std::memory_order_seq_cst);
  lane.wakes.fetch_add(1, std::memory_order_relaxed);
  futex_wake_one(lane.wake_word);
}

// Sleeps without owning the lane until its token was handed over or, at `until`, taken.
void Executor::sleep_until_owned(RunLane& lane, uint32_t word, Nanos until) {
  for (;;) {
    futex_wait(lane.wake_word, word, until);
    if (lane.wake_word.load(std::memory_order_seq_cst) != word) return;
    const Nanos now = until == Nanos::max() ? Nanos(0) : monotonic_now();
    if (until == Nanos::max() || now < until) continue;   // spurious
    if (parked_.take(lane.index)) return;
    until = Nanos::max();   // a donor has the lane; it wakes this worker if need be
  }
}

void Executor::lock_memory() {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return;
  warn(std::string("memory is not locked (") + std::strerror(errno) +
       "): the first touch of a page can delay work; give CAP_IPC_LOCK or raise `ulimit -l`");
}

void Executor::set_up_worker(RunLane& lane) {
  char name[16];
  std::snprintf(name, sizeof(name), "takt-lane-%u", options_.base_lane + lane.index);
  prctl(PR_SET_NAME, name);
  if (lane.cpu >= 0 && !pin_to(lane.cpu))
    warn("lane " + std::to_string(lane.index) + " could not be pinned to cpu " +
         std::to_string(lane.cpu) + ": it runs where the system puts it");
  lane.seen_cpu.store(sched_getcpu(), std::memory_order_relaxed);
  // The first touch decides on which memory node it lies.
  if (options_.scratch_bytes)
    std::memset(lane.context.scratch(options_.scratch_bytes), 0, options_.scratch_bytes);
  lane.thread_id.store(int(syscall(SYS_gettid)), std::memory_order_relaxed);
  if (options_.timer_slack >= Nanos(0) &&
      prctl(PR_SET_TIMERSLACK, std::max(options_.timer_slack.ns, int64_t{1})) != 0)
    warn("lane " + std::to_string(lane.index) + ": the system keeps its timer slack (" +
         std::strerror(errno) + "): timed starts may be 50 us late");
  if (!options_.realtime) return;
  sched_param priority{};
  priority.sched_priority = 1;
  const int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
  if (error)
    warn("lane " + std::to_string(lane.index) + " runs without real-time priority (" +
         std::strerror(error) + "): other processes can delay it; give CAP_SYS_NICE or "
         "`ulimit -r`");
}

void Executor::worker_main(RunLane& lane) {
  set_up_worker(lane);
  set_up_.fetch_add(1, std::memory_order_release);
  set_up_.notify_all();
  uint32_t word = 0;
  Nanos until = Nanos::max();
  Nanos parked_at = monotonic_now();
  for (;;) {
    sleep_until_owned(lane, word, until);
    if (lane.ring) record_idle(lane, parked_at);
    uint64_t seen;
    do {
      if (stop_.load(std::memory_order_acquire)) return;
      {
        LaneLoop loop(*this, lane);
        seen = work(loop);
        until = loop.wait_until() == Nanos::max() ? Nanos::max()
                                                  : loop.wait_until() - tuning::kWakeMargin;
      }
      word = lane.wake_word.load(std::memory_order_seq_cst);
      lane.sleep_until_ns.store(until.ns, std::memory_order_seq_cst);
      parked_at = lane.ring ? monotonic_now() : Nanos(0);
      parked_.put(lane.index);
      // Look again if anything came since the last look, unless somebody has the lane.
    } while ((published_.load(std::memory_order_seq_cst) != seen ||
              stop_.load(std::memory_order_seq_cst)) &&
             parked_.take(lane.index));
  }
}

// Works until the lane should park; returns what published_ was before the last look.
uint64_t Executor::work(LaneLoop& loop) {
  static const uint64_t in_flight_limit = ticks_in(tuning::kSpinInFlight);
  static const uint64_t idle_limit = ticks_in(tuning::kSpinIdle);
  bool spinning = false;
  uint64_t spin_start = 0;
  for (;;) {
    const uint64_t seen = published_.load(std::memory_order_seq_cst);
    const bool ran = loop.step();
    if (loop.read_mail() || ran) {
      spinning = false;
      continue;
    }
    if (stop_.load(std::memory_order_relaxed) && loop.mail().shut()) return seen;
    const Nanos next = loop.wait_until();
    const bool timed = next != Nanos::max();
    const uint64_t now = ticks();
    if (!spinning) {
      spinning = true;
      spin_start = now;
    }
    const uint64_t waited = now - spin_start;
    if (timed ? next - monotonic_now() <= tuning::kWakeMargin : loop.expecting()) {
      relax(waited);
      continue;
    }
    const bool busy = !timed && used_.load(std::memory_order_relaxed) != 0;
    if (waited > (busy ? in_flight_limit : idle_limit)) {
      if (loop.mail().shut()) return seen;
    } else if (!busy && !timed) {
      spin_for_mail(loop, seen);
      continue;
    }
    relax(waited);
  }
}

// The worker has nothing to do and nothing is in flight: for a while it only looks at its
// mailbox and at whether anything was published, lines that nobody writes meanwhile.
void Executor::spin_for_mail(LaneLoop& loop, uint64_t seen) {
  static const uint64_t limit = ticks_in(tuning::kMailSpin);
  loop.mail().open();
  uint64_t begin = ticks();
  bool read = false;
  for (uint32_t turn = 1;; ++turn) {
    read |= loop.read_mail();
    if (published_.load(std::memory_order_relaxed) != seen ||
        stop_.load(std::memory_order_relaxed))
      return;
    if (turn % tuning::kMailTurns != 0) continue;
    cpu_relax();
    const uint64_t now = ticks();
    if (std::exchange(read, false)) begin = now;
    if (now - begin > limit) return;
  }
}

// Letters are counted by their lanes, everything else by in_flight_. When no letter is in
// flight before and after nothing else was, and none came between, nothing was in flight then.
bool Executor::idle() const {
  for (;;) {
    uint64_t before = 0, after = 0;
    for (uint32_t l = 0; l < lane_count_; ++l) {
      const uint64_t taken = lanes_[l].mail.taken();
      if (lanes_[l].mail.posted() != taken) return false;
      before += taken;
    }
    if (in_flight_.load(std::memory_order_seq_cst) != 0) return false;
    for (uint32_t l = 0; l < lane_count_; ++l) after += lanes_[l].mail.posted();
    if (before == after) return true;
  }
}

// The submitting thread works as `lane` until `s` is done or the budget is spent.
void Executor::run_on(RunLane& lane, Submission& s, uint64_t generation) {
  static const uint64_t budget = ticks_in(tuning::kInlineBudget);
  const uint64_t start = ticks();
  const auto ended = [&] {
    return s.generation_.load(std::memory_order_acquire) != generation;
  };
  for (RunLane* current = &lane; current;) {
    {
      LaneLoop loop(*this, *current);
      uint64_t idle_since = 0;
      for (uint32_t steps = 1;; ++steps) {
        const bool ran = loop.step();
        if (ended()) break;
        const uint64_t now = ran && steps % 8 ? 0 : ticks();
        if (options_.workers && now && now - start > budget) break;
        if (ran) {
          idle_since = 0;
          continue;
        }
        if (roams()) break;
        if (!idle_since) idle_since = now;
        relax(now - idle_since);
      }
    }
    const bool again = roams() && !ended();
    RunLane* const next = again ? take_parked_lane(all_lanes_, current) : nullptr;
    give_back(*current);
    current = !again || next ? next : take_parked_lane(all_lanes_, nullptr);
  }
  if (ended()) inline_submissions_.fetch_add(1, std::memory_order_relaxed);
}

bool Executor::donate(bool (*done)(void*), void* arg, Nanos deadline) {
  if (LaneLoop::current()) return done(arg);
  RunLane* lane = done(arg) ? nullptr : take_parked_lane(all_lanes_, nullptr);
  while (lane) {
    const bool again = donate_as(*lane, done, arg, deadline);
    RunLane* const next = again ? take_parked_lane(all_lanes_, lane) : nullptr;
    give_back(*lane);
    lane = !again || next ? next : take_parked_lane(all_lanes_, nullptr);
  }
  return done(arg);
}

// Works as `lane`; true when it should try another lane.
bool Executor::donate_as(RunLane& lane, bool (*done)(void*), void* arg, Nanos deadline) {
  static const uint64_t idle_limit = ticks_in(tuning::kSpinIdle);
  LaneLoop loop(*this, lane);
  uint64_t idle_since = ticks();
  bool worked = false;
  while (!done(arg)) {
    if (loop.step()) {
      worked = true;
      idle_since = ticks();
      continue;
    }
    if (deadline != Nanos::max() && monotonic_now() >= deadline) return false;
    const uint64_t waited = ticks() - idle_since;
    if (!options_.workers && loop.wait_until() != Nanos::max()) {
      // Nobody else would come: sleep until the next release or planned start.
      const Nanos wake_at = std::min(deadline, loop.wait_until());
      timespec time{time_t(wake_at.ns / 1'000'000'000), long(wake_at.ns % 1'000'000'000)};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
    } else if (roams() && in_flight_.load(std::memory_order_relaxed) != 0) {
      if (!worked) std::this_thread::yield();
      return true;
    } else if (waited > idle_limit) {
      return false;
    }
    relax(waited);
  }
  return false;
}

void Executor::wait_idle() {
  const auto is_idle = [](void* self) { return static_cast<Executor*>(self)->idle(); };
  while (!idle()) {
    if (donate(is_idle, this, Nanos::max())) return;
    std::this_thread::yield();
  }
}

void Executor::record_idle(RunLane& lane, Nanos since) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::kIdle;
  event.lane = uint16_t(options_.base_lane + lane.index);
  event.begin = since;
  event.end = monotonic_now();
  lane.ring->push(event);
}

}  // namespace takt
