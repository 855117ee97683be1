#include "solve/window_instance.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"

namespace takt {
namespace {

constexpr uint32_t kNone = Forecast::kNone;
using Fate = Forecast::Fate;
using Item = Forecast::Item;
using WantedJob = Forecast::WantedJob;

class Emitter {
 public:
  Emitter(const WindowBase& base, const Conditions& conditions, const Forecast& forecast)
      : base_(base), conditions_(conditions), forecast_(forecast),
        index_(forecast_.items().size(), kNone), next_index_(base.base.tasks.size(), 0) {}

  WindowInstance run() {
    find_origin();
    Instance& made = out_.instance;
    made.name = base_.base.name;
    made.lane_names = base_.base.lane_names;
    made.pools = base_.base.pools;
    made.tasks = base_.base.tasks;
    made.links = base_.base.links;
    made.not_before = forecast_.not_before() - out_.origin;
    for (const WantedJob& job : forecast_.jobs()) add_job(job);
    for (const WantedJob& job : forecast_.jobs()) add_precedences(job);
    add_groups();
    add_chains();
    add_outages();
    DCHECK(check_instance(made).ok());
    return std::move(out_);
  }

 private:
  const Job& base_job(const WantedJob& job) const { return base_.base.jobs[job.job.value()]; }
  const Item& item(const WantedJob& job, uint32_t i) const {
    return forecast_.items()[job.first_item + i];
  }

  void find_origin() {
    out_.origin = forecast_.not_before();
    for (const WantedJob& job : forecast_.jobs()) {
      out_.origin = std::min(out_.origin, forecast_.release(job));
      for (uint32_t i = 0; i < base_job(job).op_count; ++i)
        if (item(job, i).fate == Fate::kRuns || item(job, i).fate == Fate::kPrefix)
          out_.origin = std::min(out_.origin, item(job, i).start);
    }
  }

  void add_job(const WantedJob& job) {
    const Job& base = base_job(job);
    Instance& made = out_.instance;
    Job out{base.task, 0, forecast_.release(job) - out_.origin, forecast_.deadline(job),
            uint32_t(made.operations.size()), 0};
    if (out.deadline != Nanos::max()) out.deadline = std::max(out.deadline - out_.origin, Nanos(0));
    for (uint32_t i = 0; i < base.op_count; ++i) {
      const Item& which = item(job, i);
      const RunOp what{job.job, job.activation, OpId(base.first_op + i)};
      if (which.in_window()) add_operation(job, what, which, &index_[job.first_item + i]);
    }
    out.op_count = uint32_t(made.operations.size()) - out.first_op;
    if (out.op_count == 0) return;
    out.index = next_index_[base.task.value()]++;
    job_index_[{job.job, job.activation}] = uint32_t(made.jobs.size());
    made.jobs.push_back(out);
  }

  void add_operation(const WantedJob& job, const RunOp& what, const Item& which,
                     uint32_t* index) {
    Instance& made = out_.instance;
    const Operation& base = base_.base.operations[what.op.value()];
    *index = uint32_t(made.operations.size());
    Operation& out = made.operations.emplace_back();
    out.kind = base.kind;
    out.job = JobId(made.jobs.size());
    out.graph_op = base.graph_op;
    out.kernel_hash = base.kernel_hash;
    uint32_t committed = 0;
    if (which.fate == Fate::kRuns) out.modes.push_back(running_mode(which));
    for (const uint32_t m : which.modes) {
      if (m == which.mode) committed = uint32_t(out.modes.size());
      out.modes.push_back({base.modes[m].demands, base.modes[m].variant,
                           forecast_.duration(job, what.op, m)});
    }
    out_.sources.push_back({what, which.modes});
    if (which.fate == Fate::kFree) return;
    Commitment done{OpId(*index), which.start - out_.origin, committed, {}};
    which.lanes.for_each([&](uint32_t lane) { done.lanes.emplace_back(lane); });
    made.commitments.push_back(std::move(done));
  }

  // Exactly the lanes it has, which may be those of no mode.
  Mode running_mode(const Item& which) {
    Mode mode;
    mode.variant = "running";
    mode.duration = which.end - which.start;
    which.lanes.for_each([&](uint32_t lane) {
      const PoolId pool(base_.pool_of[lane]);
      const auto same = std::find_if(mode.demands.begin(), mode.demands.end(),
                                     [&](const Demand& d) { return d.pool == pool; });
      if (same == mode.demands.end()) mode.demands.push_back({pool, 1});
      else ++same->count;
    });
    return mode;
  }

  void add_precedences(const WantedJob& job) {
    const Job& base = base_job(job);
    std::vector<Precedence>& out = out_.instance.precedences;
    for (uint32_t i = 0; i < base.op_count; ++i) {
      const uint32_t after = index_[job.first_item + i], op = base.first_op + i;
      // What runs waits for nothing, even where the base says that it had to.
      if (after == kNone || item(job, i).fate == Fate::kRuns) continue;
      for (uint32_t e = base_.pred_begin[op]; e < base_.pred_begin[op + 1]; ++e) {
        const Precedence& edge = base_.base.precedences[base_.preds[e]];
        const uint32_t before = forecast_.find(edge.before, job.activation);
        if (before != kNone && index_[before] != kNone)
          out.push_back({OpId(index_[before]), OpId(after), edge.delay, edge.bytes});
      }
    }
    if (job.before == kNone) return;
    const WantedJob& other = forecast_.jobs()[job.before];
    if (other.activation == job.activation && base_.follows[job.job.value()]) return;
    for (const uint32_t before : ends_of(other, false))
      for (const uint32_t after : ends_of(job, true))
        out.push_back({OpId(before), OpId(after), Nanos(0), 0});
  }

  // Operations of the job, as far as they are in the window, that nothing of it comes before
  // (`first`) or after.
  std::vector<uint32_t> ends_of(const WantedJob& job, bool first) const {
    const Job& base = base_job(job);
    std::vector<char> inner(base.op_count, false);
    for (uint32_t i = 0; i < base.op_count; ++i) {
      const uint32_t op = base.first_op + i;
      for (uint32_t e = base_.pred_begin[op]; e < base_.pred_begin[op + 1]; ++e) {
        const uint32_t before =
            base_.base.precedences[base_.preds[e]].before.value() - base.first_op;
        if (before >= base.op_count) continue;   // of another job
        if (index_[job.first_item + before] == kNone || index_[job.first_item + i] == kNone)
          continue;
        inner[first ? i : before] = true;
      }
    }
    std::vector<uint32_t> ends;
    for (uint32_t i = 0; i < base.op_count; ++i)
      if (!inner[i] && index_[job.first_item + i] != kNone &&
          !(first && item(job, i).fate == Fate::kRuns))
        ends.push_back(index_[job.first_item + i]);
    return ends;
  }

  // Running operations stand outside of their groups; a group that cannot agree any more, as
  // after a change of conditions, is none.
  void add_groups() {
    std::vector<uint32_t> committed(out_.sources.size(), kNone);
    for (const Commitment& done : out_.instance.commitments) committed[done.op.value()] = done.mode;
    std::vector<std::vector<OpId>> members(base_.base.mode_groups.size());
    std::map<OpId, uint32_t> group_of;
    for (uint32_t g = 0; g < members.size(); ++g)
      for (const OpId op : base_.base.mode_groups[g]) group_of[op] = g;
    for (uint32_t i = 0; !members.empty() && i < out_.sources.size(); ++i) {
      const auto found = group_of.find(out_.sources[i].what.op);
      if (found != group_of.end() && !out_.sources[i].modes.empty())
        members[found->second].emplace_back(i);
    }
    for (std::vector<OpId>& group : members) {
      uint32_t mode = kNone;
      bool agrees = group.size() > 1;
      for (const OpId op : group) {
        agrees = agrees && out_.sources[op.value()].modes == out_.sources[group[0].value()].modes;
        const uint32_t own = committed[op.value()];
        if (own == kNone) continue;
        agrees = agrees && (mode == kNone || mode == own);
        mode = own;
      }
      if (agrees) out_.instance.mode_groups.push_back(std::move(group));
    }
  }

  void add_chains() {
    for (const InstanceChain& chain : base_.base.chains) {
      InstanceChain made{chain.name, chain.deadline, {}};
      for (const ChainRun& run : chain.runs)
        for (const auto& [job, index] : job_index_) {
          if (job.first != run.last) continue;
          const auto first = job_index_.find({run.first, job.second});
          if (first != job_index_.end()) made.runs.push_back({JobId(first->second), JobId(index)});
        }
      if (!made.runs.empty()) out_.instance.chains.push_back(std::move(made));
    }
  }

  void add_outages() {
    std::vector<Outage>& out = out_.instance.outages;
    conditions_.lost.for_each([&](uint32_t lane) {
      if (lane < base_.base.lane_names.size())
        out.push_back({LaneId(lane), Nanos(0), Nanos::max()});
    });
    for (const std::vector<Outage>& known : {conditions_.outages, forecast_.taken()})
      for (const Outage& outage : known) {
        if (outage.end <= forecast_.not_before()) continue;
        const Nanos end = outage.end == Nanos::max() ? outage.end : outage.end - out_.origin;
        out.push_back({outage.lane, std::max(outage.start - out_.origin, Nanos(0)), end});
      }
  }

  const WindowBase& base_;
  const Conditions& conditions_;
  const Forecast& forecast_;
  std::vector<uint32_t> index_;          // per item: in out_.instance
  std::vector<uint32_t> next_index_;     // per task
  std::map<std::pair<JobId, int64_t>, uint32_t> job_index_;
  WindowInstance out_;
};

}  // namespace

WindowInstance window_instance(const WindowBase& base, const Conditions& conditions,
                               const Forecast& forecast) {
  return Emitter(base, conditions, forecast).run();
}

}  // namespace takt
