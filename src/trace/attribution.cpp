#include "trace/attribution.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/check.h"
#include "base/int128.h"
#include "trace/run_index.h"

namespace takt {
namespace {

using OpRun = RunIndex::OpRun;
using JobRun = RunIndex::JobRun;
using Share = RunIndex::Share;

constexpr uint32_t kNone = CausePart::kNone;
// How many operations that held each other's lanes are followed.
constexpr int kDepthMax = 12;

// Who waits, and for what: an operation of a job, or the rest of it.
struct Waiter {
  uint32_t job = 0;
  uint32_t run = kNone;
  std::vector<uint32_t> lanes;           // that it wants: planned, else that it got
  Nanos planned = Nanos::max();          // start
};

class Attributor {
 public:
  Attributor(const Trace& trace, const Plan* plan, const MissionFacts& facts);
  std::vector<Miss> result();

 private:
  struct Step {
    uint32_t run = 0;
    Nanos wait, excess;                  // beyond what was expected; negative: made up
  };
  // Why a waiter did not get on at some moment, and until when that held.
  struct Hold {
    CausePart part;
    Nanos until;
    uint32_t share_run = kNone, job = kNone;   // whose lateness it may be
  };

  Nanos deadline_of(const JobRun& job) const;
  std::vector<Step> path_to(uint32_t run) const;
  Nanos delay_of(const std::vector<Step>& path) const;
  Nanos explain_job(uint32_t job, Nanos most, int depth);
  void explain_path(const std::vector<Step>& path, Nanos time, int depth);
  void explain_wait(const Waiter& waiter, Nanos from, Nanos to, int depth);
  void explain_execution(uint32_t run, Nanos time, int depth);
  void explain_behind(const Waiter& waiter, const Hold& hold, Nanos time, int depth);
  Hold what_holds(const Waiter& waiter, Nanos at) const;
  bool lost(const Waiter& waiter, Nanos at, Hold* hold) const;
  bool input_missing(const Waiter& waiter, Nanos at, Hold* hold) const;
  bool job_before(const Waiter& waiter, Nanos at, Hold* hold) const;
  bool lanes_held(const Waiter& waiter, Nanos at, Hold* hold) const;
  Nanos next_share(const Waiter& waiter, Nanos at) const;
  const Share* share_at(uint32_t lane, Nanos at, uint32_t but_run) const;
  Waiter waiter_of(uint32_t run) const;
  Waiter rest_of(uint32_t job) const;
  bool is_accelerator(uint32_t lane) const { return accelerators_[lane]; }
  uint32_t task_of(uint32_t run) const { return index_.jobs()[index_.runs()[run].job].task; }
  void add(CausePart part, Nanos time);
  std::vector<CausePart> take_parts(Nanos late, Nanos total);

  const MissionFacts& facts_;
  const RunIndex index_;
  std::vector<uint32_t> facts_task_;     // of each task of the trace
  std::vector<bool> accelerators_;       // per lane
  std::vector<CausePart> parts_;         // of the miss that is being explained
};

Attributor::Attributor(const Trace& trace, const Plan* plan, const MissionFacts& facts)
    : facts_(facts), index_(trace, plan), accelerators_(trace.lanes.size()) {
  for (const std::string& name : trace.tasks) {
    const auto same = [&](const MissionFacts::TaskFacts& task) { return task.name == name; };
    const auto at = std::find_if(facts.tasks.begin(), facts.tasks.end(), same);
    facts_task_.push_back(at == facts.tasks.end() ? kNone : uint32_t(at - facts.tasks.begin()));
  }
  for (size_t lane = 0; lane < trace.lanes.size(); ++lane)
    accelerators_[lane] = std::find(facts.accelerators.begin(), facts.accelerators.end(),
                                    trace.lanes[lane]) != facts.accelerators.end();
}

Nanos Attributor::deadline_of(const JobRun& job) const {
  const uint32_t task = facts_task_[job.task];
  if (task == kNone || facts_.tasks[task].deadlines.empty()) return Nanos::max();
  const std::vector<Nanos>& all = facts_.tasks[task].deadlines;
  const Nanos relative = all[job.number % all.size()];
  return relative == Nanos::max() ? relative : job.release + relative;
}

// From the job's first operation to `run`, each the last that ended before the next began.
std::vector<Attributor::Step> Attributor::path_to(uint32_t run) const {
  const JobRun& job = index_.jobs()[index_.runs()[run].job];
  const auto all = index_.runs();
  std::vector<Step> path;
  for (uint32_t at = run;;) {
    const OpRun& r = all[at];
    uint32_t before = at;
    while (before > job.first_run && all[before - 1].end > r.begin) --before;
    const bool first = before == job.first_run;
    Nanos expected_start = job.release;
    if (first) {
      if (r.planned) expected_start = std::max(job.release, r.planned->start);
    } else {
      const OpRun& b = all[before - 1];
      expected_start = b.end;
      if (r.planned && b.planned) expected_start += r.planned->start - b.planned->end;
    }
    path.push_back({at, r.begin - expected_start, r.end - r.begin - r.expected});
    if (first) break;
    at = before - 1;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

Nanos Attributor::delay_of(const std::vector<Step>& path) const {
  Nanos delay;
  for (const Step& step : path) delay += step.wait + step.excess;
  return delay;
}

// Explains up to `most` of what the job's end is later than expected; returns that delay.
Nanos Attributor::explain_job(uint32_t index, Nanos most, int depth) {
  const JobRun& job = index_.jobs()[index];
  const std::optional<RunIndex::PlannedJob> planned = index_.planned_job(index);
  if (job.runs == 0) {
    const Nanos from = planned ? std::clamp(planned->start, job.release, job.end) : job.release;
    const Nanos total = job.end - from;
    explain_wait(rest_of(index), job.end - std::min(total, most), job.end, depth);
    return total;
  }
  const uint32_t last = job.first_run + job.runs - 1;
  const OpRun& run = index_.runs()[last];
  const std::vector<Step> path = path_to(last);
  Nanos tail = job.end - run.end;
  // The plan may have another operation last.
  if (planned && run.planned && planned->ops == job.runs) tail -= planned->end - run.planned->end;
  const Nanos total = delay_of(path) + tail;
  Nanos left = std::min(total, most);
  if (left <= Nanos(0)) return total;
  const Nanos waited = std::clamp(tail, Nanos(0), left);
  explain_wait(rest_of(index), job.end - waited, job.end, depth);
  explain_path(path, left - waited, depth);
  return total;
}

// The last `time` of the delay at the path's end.
void Attributor::explain_path(const std::vector<Step>& path, Nanos time, int depth) {
  for (size_t i = path.size(); i-- > 0 && time > Nanos(0);) {
    const Step& step = path[i];
    const Nanos longer = std::clamp(step.excess, Nanos(0), time);
    explain_execution(step.run, longer, depth);
    time -= longer;
    const Nanos waited = std::clamp(step.wait, Nanos(0), time);
    const Nanos begin = index_.runs()[step.run].begin;
    explain_wait(waiter_of(step.run), begin - waited, begin, depth);
    time -= waited;
  }
  DCHECK(time == Nanos(0));
}

void Attributor::explain_wait(const Waiter& waiter, Nanos from, Nanos to, int depth) {
  while (from < to) {
    const Hold hold = what_holds(waiter, from);
    const Nanos until = std::min(hold.until, to);
    DCHECK(until > from);
    explain_behind(waiter, hold, until - from, depth);
    from = until;
  }
}

// Longer because lanes of the plan were missing, or because the work took longer.
void Attributor::explain_execution(uint32_t index, Nanos time, int depth) {
  if (time == Nanos(0)) return;
  const OpRun& run = index_.runs()[index];
  const Waiter waiter = waiter_of(index);
  const auto shares = index_.shares().subspan(run.first_share, run.shares);
  int64_t wanted = 0;
  for (const uint32_t lane : waiter.lanes) {
    wanted += !is_accelerator(lane);
    if (!is_accelerator(lane)) continue;
    const bool used = std::any_of(shares.begin(), shares.end(),
                                  [&](const Share& s) { return s.lane == lane; });
    const auto outages = index_.outages(lane);
    const bool out = std::any_of(outages.begin(), outages.end(), [&](const auto& outage) {
      return outage.begin < run.end && outage.end > run.begin;
    });
    if (!used || out) return add({Cause::kResource, kNone, kNone, lane, {}}, time);
  }
  std::vector<Nanos> changes{run.begin, run.end};
  for (const Share& share : shares) changes.insert(changes.end(), {share.begin, share.end});
  std::sort(changes.begin(), changes.end());
  for (size_t i = 0; i + 1 < changes.size() && time > Nanos(0) && wanted > 0; ++i) {
    const Nanos from = changes[i], to = changes[i + 1];
    Waiter missing = waiter;
    int64_t on = 0;
    for (const Share& share : shares) {
      if (share.begin > from || share.end < to || share.lane >= index_.lanes()) continue;
      on += !is_accelerator(share.lane);
      std::erase(missing.lanes, share.lane);
    }
    if (on >= wanted || missing.lanes.empty()) continue;
    const Nanos lost = std::min((to - from) * (wanted - on) / wanted, time);
    explain_wait(missing, from, from + lost, depth);
    time -= lost;
  }
  add({Cause::kExecution, task_of(index), run.op, kNone, {}}, time);
}

// What held the lane may have been late itself.
void Attributor::explain_behind(const Waiter& waiter, const Hold& hold, Nanos time, int depth) {
  const bool queued = hold.part.cause == Cause::kQueueing && depth < kDepthMax;
  if (queued && hold.job != kNone) {
    time -= std::clamp(explain_job(hold.job, time, depth + 1), Nanos(0), time);
  } else if (queued && hold.share_run != kNone) {
    const OpRun& holder = index_.runs()[hold.share_run];
    if (holder.planned && waiter.planned != Nanos::max()) {
      const std::vector<Step> path = path_to(hold.share_run);
      if (holder.planned->end <= waiter.planned) {
        const Nanos late = std::clamp(delay_of(path), Nanos(0), time);
        explain_path(path, late, depth + 1);
        time -= late;
      }
    } else if (!holder.submit) {
      const Nanos longer = std::clamp(holder.end - holder.begin - holder.expected, Nanos(0), time);
      explain_execution(hold.share_run, longer, depth + 1);
      time -= longer;
    }
  }
  add(hold.part, time);
}

Attributor::Hold Attributor::what_holds(const Waiter& waiter, Nanos at) const {
  Hold hold;
  hold.until = Nanos::max();
  if (lost(waiter, at, &hold) || input_missing(waiter, at, &hold) ||
      job_before(waiter, at, &hold) || lanes_held(waiter, at, &hold))
    return hold;
  hold.part = {Cause::kLateStart, kNone, kNone, waiter.lanes.empty() ? kNone : waiter.lanes[0], {}};
  hold.until = next_share(waiter, at);
  return hold;
}

bool Attributor::lost(const Waiter& waiter, Nanos at, Hold* hold) const {
  for (const uint32_t lane : waiter.lanes)
    for (const RunIndex::Outage& outage : index_.outages(lane))
      if (outage.begin <= at && at < outage.end) {
        *hold = {{Cause::kResource, kNone, kNone, lane, {}}, outage.end};
        return true;
      }
  return false;
}

bool Attributor::input_missing(const Waiter& waiter, Nanos at, Hold* hold) const {
  const JobRun& job = index_.jobs()[waiter.job];
  if (at < job.inputs) {
    *hold = {{Cause::kLateInput, job.task, kNone, kNone, {}}, job.inputs};
    return true;
  }
  const uint32_t task = facts_task_[job.task];
  if (task == kNone || facts_.inputs.empty()) return false;
  const size_t per_window = facts_.tasks[task].deadlines.size();
  const uint64_t window = job.number / per_window;
  const auto key = std::tuple(task, uint32_t(job.number % per_window));
  const auto less = [](const MissionFacts::Input& input, const auto& wanted) {
    return std::tuple(input.to_task, input.to_job) < wanted;
  };
  for (auto in = std::lower_bound(facts_.inputs.begin(), facts_.inputs.end(), key, less);
       in != facts_.inputs.end() && std::tuple(in->to_task, in->to_job) == key; ++in) {
    if (waiter.run != kNone && index_.runs()[waiter.run].op != in->to_op) continue;
    const auto from = std::find(facts_task_.begin(), facts_task_.end(), in->from_task);
    const uint64_t number = window * facts_.tasks[in->from_task].deadlines.size() + in->from_job;
    const uint32_t maker = index_.find_job(uint32_t(from - facts_task_.begin()), number);
    if (maker == kNone) continue;
    const JobRun& made = index_.jobs()[maker];
    Nanos until = made.end;
    for (uint32_t r = made.first_run; r < made.first_run + made.runs; ++r)
      if (index_.runs()[r].op == in->from_op) until = index_.runs()[r].end;
    until = std::min(until, deadline_of(made));   // it is not waited for any longer
    if (until <= at) continue;
    *hold = {{Cause::kLateInput, made.task, kNone, kNone, {}}, until};
    return true;
  }
  return false;
}

// Jobs of a task run one after another, the host work that submits the next included.
bool Attributor::job_before(const Waiter& waiter, Nanos at, Hold* hold) const {
  const JobRun& job = index_.jobs()[waiter.job];
  const uint32_t before =
      job.number == 0 ? RunIndex::kNone : index_.find_job(job.task, job.number - 1);
  if (before == RunIndex::kNone) return false;
  const Nanos end = index_.jobs()[before].end;
  if (end == Nanos::max() || end <= at) return false;
  *hold = {{Cause::kQueueing, job.task, kNone, kNone, {}}, end, kNone, before};
  return true;
}

// All cores that it wants are at work; the first to be free counts. Or its accelerator is.
bool Attributor::lanes_held(const Waiter& waiter, Nanos at, Hold* hold) const {
  const Share* first_free = nullptr;
  bool idle = false;
  for (const uint32_t lane : waiter.lanes) {
    const Share* share = share_at(lane, at, waiter.run);
    if (is_accelerator(lane)) {
      if (!share) continue;
      *hold = {{Cause::kResource, task_of(share->run), kNone, lane, {}}, share->end};
      return true;
    }
    idle = idle || !share;
    if (share && (!first_free || share->end < first_free->end)) first_free = share;
  }
  if (idle || !first_free) return false;
  *hold = {{Cause::kQueueing, task_of(first_free->run), kNone, kNone, {}}, first_free->end,
           first_free->run};
  return true;
}

const Share* Attributor::share_at(uint32_t lane, Nanos at, uint32_t but_run) const {
  const auto all = index_.lane(lane);
  auto after = std::upper_bound(all.begin(), all.end(), at,
                                [](Nanos time, const Share& share) { return time < share.begin; });
  if (after == all.begin()) return nullptr;
  const Share& share = *(after - 1);
  return share.end > at && share.run != but_run ? &share : nullptr;
}

Nanos Attributor::next_share(const Waiter& waiter, Nanos at) const {
  Nanos next = Nanos::max();
  for (const uint32_t lane : waiter.lanes) {
    const auto all = index_.lane(lane);
    const auto after = std::upper_bound(
        all.begin(), all.end(), at,
        [](Nanos time, const Share& share) { return time < share.begin; });
    if (after != all.end()) next = std::min(next, after->begin);
    for (const RunIndex::Outage& outage : index_.outages(lane))
      if (outage.begin > at) next = std::min(next, outage.begin);
  }
  return next;
}

Waiter Attributor::waiter_of(uint32_t index) const {
  const OpRun& run = index_.runs()[index];
  Waiter waiter{run.job, index, {}, Nanos::max()};
  if (run.planned) {
    waiter.planned = run.planned->start;
    for (const LaneId lane : run.planned->lanes) waiter.lanes.push_back(lane.value());
  } else {
    waiter.lanes.push_back(index_.shares()[run.first_share].lane);
  }
  std::erase_if(waiter.lanes, [&](uint32_t lane) { return lane >= index_.lanes(); });
  return waiter;
}

Waiter Attributor::rest_of(uint32_t index) const {
  const JobRun& job = index_.jobs()[index];
  Waiter waiter{index, kNone, {}, Nanos::max()};
  for (const LaneId lane : index_.lanes_of_first_unrun(index))
    waiter.lanes.push_back(lane.value());
  if (waiter.lanes.empty() && job.runs > 0)
    waiter.lanes = waiter_of(job.first_run + job.runs - 1).lanes;
  // Whatever would be free: its lanes are not known.
  if (waiter.lanes.empty()) {
    waiter.lanes.resize(index_.lanes());
    std::iota(waiter.lanes.begin(), waiter.lanes.end(), 0);
    std::erase_if(waiter.lanes, [&](uint32_t lane) { return is_accelerator(lane); });
  }
  std::erase_if(waiter.lanes, [&](uint32_t lane) { return lane >= index_.lanes(); });
  return waiter;
}

void Attributor::add(CausePart part, Nanos time) {
  if (time <= Nanos(0)) return;
  part.time = time;
  parts_.push_back(part);
}

// The parts so far, one per (cause, task, lane), as shares of `late`.
std::vector<CausePart> Attributor::take_parts(Nanos late, Nanos total) {
  const auto key = [](const CausePart& p) { return std::tuple(p.cause, p.task, p.lane); };
  std::sort(parts_.begin(), parts_.end(), [&](const CausePart& a, const CausePart& b) {
    return std::tuple(key(a), -a.time.ns, a.op) < std::tuple(key(b), -b.time.ns, b.op);
  });
  std::vector<CausePart> merged;
  for (const CausePart& part : parts_) {
    if (merged.empty() || key(merged.back()) != key(part)) merged.push_back(part);
    else merged.back().time += part.time;
  }
  parts_.clear();
  // Cumulated, so that the rounded shares add up.
  Nanos before, sum;
  for (CausePart& part : merged) {
    sum += part.time;
    const Nanos share(int64_t(Int128(late.ns) * sum.ns / total.ns));
    part.time = share - before;
    before = share;
  }
  std::erase_if(merged, [](const CausePart& part) { return part.time == Nanos(0); });
  std::stable_sort(merged.begin(), merged.end(),
                   [](const CausePart& a, const CausePart& b) { return a.time > b.time; });
  return merged;
}

std::vector<Miss> Attributor::result() {
  std::vector<Miss> misses;
  for (uint32_t j = 0; j < index_.jobs().size(); ++j) {
    const JobRun& job = index_.jobs()[j];
    if (job.outcome == JobOutcome::kDone || job.end == Nanos::max()) continue;
    const Nanos deadline = deadline_of(job);
    const bool shed = job.outcome == JobOutcome::kShed;
    const bool response = shed || deadline >= job.end;
    Miss miss{job.task, job.number, shed, job.end - (response ? job.release : deadline), {}};
    if (index_.lanes() == 0 || index_.runs().empty()) {
      miss.parts.push_back({Cause::kUnknown, kNone, kNone, kNone, miss.late});
    } else if (miss.late > Nanos(0)) {
      const Nanos delay = std::max(explain_job(j, Nanos::max(), 0), Nanos(0));
      if (delay < miss.late) add({Cause::kNoRoom, job.task, kNone, kNone, {}}, miss.late - delay);
      miss.parts = take_parts(miss.late, std::max(miss.late, delay));
    }
    if (miss.parts.empty()) miss.parts.push_back({});   // ended with its release: not run at all
    misses.push_back(std::move(miss));
  }
  return misses;
}

}  // namespace

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::kExecution: return "execution";
    case Cause::kQueueing: return "queueing";
    case Cause::kResource: return "resource";
    case Cause::kLateInput: return "late input";
    case Cause::kLateStart: return "late start";
    case Cause::kNoRoom: return "no room";
    case Cause::kUnknown: return "unknown";
  }
  return "unknown";
}

std::vector<Miss> attribute_misses(const Trace& trace, const Plan* plan,
                                   const MissionFacts& facts) {
  return Attributor(trace, plan, facts).result();
}

std::vector<TaskCauses> sum_causes(const std::vector<Miss>& misses, size_t tasks) {
  std::vector<TaskCauses> sums(tasks);
  for (const Miss& miss : misses) {
    const CausePart& main = miss.parts.front();
    std::vector<CauseSum>& causes = sums[miss.task].causes;
    auto at = std::find_if(causes.begin(), causes.end(), [&](const CauseSum& sum) {
      return std::tie(sum.main.cause, sum.main.task, sum.main.lane) ==
             std::tie(main.cause, main.task, main.lane);
    });
    if (at == causes.end()) at = causes.insert(causes.end(), {main, 0, 0});
    else at->main.time += main.time;
    ++(miss.shed ? at->shed : at->missed);
  }
  for (TaskCauses& task : sums)
    std::stable_sort(task.causes.begin(), task.causes.end(),
                     [](const CauseSum& a, const CauseSum& b) {
                       return a.missed + a.shed > b.missed + b.shed;
                     });
  return sums;
}

}  // namespace takt
