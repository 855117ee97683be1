#include "trace/attribution.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/check.h"
#include "base/int128.h"
#include "trace/holds.h"
#include "trace/run_index.h"

namespace takt {
namespace {

using OpRun = RunIndex::OpRun;
using JobRun = RunIndex::JobRun;
using Share = RunIndex::Share;

constexpr uint32_t kNone = CausePart::kNone;
// How many operations that held each other's lanes are followed.
constexpr int kDepthMax = 12;

class Attributor {
 public:
  Attributor(const Trace& trace, const Plan* plan, const MissionFacts& facts)
      : index_(trace, plan), holds_(trace, facts, index_) {}
  std::vector<Miss> result();

 private:
  struct Step {
    uint32_t run = 0;
    Nanos wait, excess;                  // beyond what was expected; negative: made up
  };
  std::vector<Step> path_to(uint32_t run) const;
  Nanos delay_of(const std::vector<Step>& path) const;
  Nanos explain_job(uint32_t job, Nanos most, int depth);
  void explain_path(const std::vector<Step>& path, Nanos time, int depth);
  void explain_wait(const Waiter& waiter, Nanos from, Nanos to, int depth);
  void explain_execution(uint32_t run, Nanos time, int depth);
  void explain_behind(const Waiter& waiter, const Hold& hold, Nanos time, int depth);
  uint32_t task_of(uint32_t run) const { return index_.jobs()[index_.runs()[run].job].task; }
  void add(CausePart part, Nanos time);
  std::vector<CausePart> take_parts(Nanos late, Nanos total);

  const RunIndex index_;
  const Holds holds_;
  std::vector<CausePart> parts_;         // of the miss that is being explained
};

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
    explain_wait(holds_.rest_of(index), job.end - std::min(total, most), job.end, depth);
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
  explain_wait(holds_.rest_of(index), job.end - waited, job.end, depth);
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
    explain_wait(holds_.waiter_of(step.run), begin - waited, begin, depth);
    time -= waited;
  }
  DCHECK(time == Nanos(0));
}

void Attributor::explain_wait(const Waiter& waiter, Nanos from, Nanos to, int depth) {
  while (from < to) {
    const Hold hold = holds_.at(waiter, from);
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
  const Waiter waiter = holds_.waiter_of(index);
  const auto shares = index_.shares().subspan(run.first_share, run.shares);
  int64_t wanted = 0;
  for (const uint32_t lane : waiter.lanes) {
    wanted += !holds_.is_accelerator(lane);
    if (!holds_.is_accelerator(lane)) continue;
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
      on += !holds_.is_accelerator(share.lane);
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
  } else if (queued && hold.awaited != kNone) {
    std::vector<Step> path = path_to(hold.awaited);
    path.back().excess = Nanos(0);   // it has not begun
    const Nanos late = std::clamp(delay_of(path), Nanos(0), time);
    explain_path(path, late, depth + 1);
    time -= late;
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
    const Nanos deadline = holds_.deadline_of(job);
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
