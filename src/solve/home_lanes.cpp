#include "solve/home_lanes.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>

#include "solve/orders.h"
#include "solve/readiness.h"
#include "solve/timeline.h"

namespace takt {
namespace {

struct Home {
  uint32_t mode, lane;
};

// The k-th operations of the jobs of a task.
struct Stream {
  uint32_t task = 0;
  std::vector<uint32_t> ops;
  std::optional<Home> home;
  double share = 0;                    // of a lane's time, at least
};

// By key, never before a predecessor.
std::vector<uint32_t> placing_order(const Problem& problem) {
  const std::vector<int64_t> keys = keys_of(problem, {JobOrder::kSlack, OpRank::kLeastTail});
  std::vector<uint32_t> order, missing(problem.size());
  using Entry = std::pair<int64_t, uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    missing[op] = static_cast<uint32_t>(problem.preds(op).size());
    if (missing[op] == 0) ready.emplace(keys[op], op);
  }
  while (!ready.empty()) {
    order.push_back(ready.top().second);
    ready.pop();
    for (const Arc& arc : problem.succs(order.back()))
      if (--missing[arc.op] == 0) ready.emplace(keys[arc.op], arc.op);
  }
  return order;
}

class Partition {
 public:
  Partition(const Problem& problem, Nanos handoff, int64_t steps)
      : problem_(problem), ready_(problem, handoff), order_(placing_order(problem)),
        steps_(steps) {
    schedule_.resize(problem);
    measure();
    make_streams();
  }

  std::optional<Schedule> find() {
    if (streams_.empty()) return std::nullopt;
    for (size_t round = 0; round < streams_.size() && steps_ > 0; ++round) {
      const std::optional<size_t> homeless = settle();
      if (!homeless) return schedule_;
      if (*homeless == 0) return std::nullopt;       // not even alone
      std::rotate(streams_.begin(), streams_.begin() + static_cast<ptrdiff_t>(*homeless),
                  streams_.begin() + static_cast<ptrdiff_t>(*homeless) + 1);
      number_streams();
    }
    return std::nullopt;
  }

 private:
  void measure();
  void make_streams();
  void number_streams();
  std::optional<size_t> settle();
  std::vector<Home> homes_of(const Stream& stream) const;
  bool in_time();
  Nanos start_at(uint32_t op, const Home& home);

  const Problem& problem_;
  Readiness ready_;
  Timeline timeline_;
  const std::vector<uint32_t> order_;
  int64_t steps_;
  Schedule schedule_;
  std::vector<Nanos> latest_;          // end of the operation for its job to be in time
  std::vector<uint32_t> shortest_;     // mode
  std::vector<uint32_t> stream_of_;
  std::vector<Stream> streams_;        // in the order in which they choose
  std::vector<char> begun_;            // by task: one of its streams has a home
};

void Partition::measure() {
  const Instance& instance = problem_.instance();
  latest_.resize(problem_.size());
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    const auto modes = problem_.modes(op);
    shortest_.push_back(static_cast<uint32_t>(
        std::min_element(modes.begin(), modes.end(),
                         [](const auto& a, const auto& b) { return a.duration < b.duration; }) -
        modes.begin()));
  }
  const auto order = problem_.topological();
  for (size_t i = order.size(); i-- > 0;) {
    const uint32_t op = order[i];
    const Job& job = instance.jobs[problem_.job_of(op)];
    const bool due = instance.tasks[job.task.value()].criticality <= Criticality::kFirm;
    latest_[op] = due && !problem_.is_submit(op) ? std::min(job.deadline, instance.horizon)
                                                 : instance.horizon;
    for (const Arc& arc : problem_.succs(op))
      if (latest_[arc.op] != Nanos::max())
        latest_[op] = std::min(latest_[op],
                               latest_[arc.op] - problem_.least_duration(arc.op) - arc.delay);
  }
}

// None where homes are not for this instance.
void Partition::make_streams() {
  const Instance& instance = problem_.instance();
  if (!instance.mode_groups.empty() || !instance.commitments.empty()) return;
  std::vector<std::vector<Stream>> of(instance.tasks.size());
  for (const Job& job : instance.jobs) {
    auto& streams = of[job.task.value()];
    if (streams.empty()) streams.resize(job.op_count, Stream{job.task.value(), {}, {}, 0});
    if (streams.size() != job.op_count) return;
    for (uint32_t k = 0; k < job.op_count; ++k) {
      const uint32_t op = job.first_op + k;
      const auto modes = problem_.modes(op);
      if (std::none_of(modes.begin(), modes.end(), [](const auto& m) { return m.lanes == 1; }) ||
          problem_.head(op) + problem_.least_duration(op) > latest_[op])
        return;
      if (!streams[k].ops.empty() &&
          problem_.modes(streams[k].ops.front()).size() != modes.size())
        return;
      streams[k].ops.push_back(op);
      streams[k].share += static_cast<double>(problem_.least_duration(op).ns);
    }
  }
  for (auto& streams : of)
    std::move(streams.begin(), streams.end(), std::back_inserter(streams_));
  std::stable_sort(streams_.begin(), streams_.end(),
                   [](const Stream& a, const Stream& b) { return a.share > b.share; });
  stream_of_.resize(problem_.size());
  number_streams();
}

void Partition::number_streams() {
  for (uint32_t s = 0; s < streams_.size(); ++s)
    for (const uint32_t op : streams_[s].ops) stream_of_[op] = s;
}

// The shortest first, then the fullest lane.
std::vector<Home> Partition::homes_of(const Stream& stream) const {
  std::vector<Nanos> busy(problem_.lane_count());
  for (const Stream& other : streams_)
    if (other.home)
      for (const uint32_t op : other.ops)
        busy[other.home->lane] += problem_.modes(op)[other.home->mode].duration;
  std::vector<std::tuple<Nanos, Nanos, uint32_t, uint32_t>> ranked;
  const auto modes = problem_.modes(stream.ops.front());
  for (uint32_t m = 0; m < modes.size(); ++m)
    if (modes[m].lanes == 1)
      for (const LaneId lane : problem_.instance().pools[modes[m].demands[0].pool.value()].lanes)
        ranked.emplace_back(modes[m].duration, -busy[lane.value()], lane.value(), m);
  std::sort(ranked.begin(), ranked.end());
  std::vector<Home> homes;
  for (const auto& [duration, load, lane, mode] : ranked) homes.push_back({mode, lane});
  return homes;
}

// A home for every stream in turn; the first that finds none, or nothing: all have one.
std::optional<size_t> Partition::settle() {
  begun_.assign(problem_.instance().tasks.size(), 0);
  for (Stream& stream : streams_) stream.home.reset();
  for (size_t s = 0; s < streams_.size(); ++s) {
    begun_[streams_[s].task] = 1;
    bool found = false;
    for (const Home& home : homes_of(streams_[s])) {
      streams_[s].home = home;
      found = in_time();
      if (found) break;
    }
    if (!found) return s;
  }
  return std::nullopt;
}

Nanos Partition::start_at(uint32_t op, const Home& home) {
  const FlatMode& mode = problem_.modes(op)[home.mode];
  ready_.look_at(op, mode.site, Nanos(0), schedule_);
  return timeline_.earliest(home.lane, ready_.on(home.lane), mode.duration);
}

// Places the jobs of all tasks that have begun; stops at the first operation that is too late.
bool Partition::in_time() {
  timeline_.reset(problem_.lane_count());
  for (uint32_t lane = 0; lane < problem_.lane_count(); ++lane)
    for (const Interval& closed : problem_.closed(lane))
      timeline_.occupy(lane, closed.start, closed.end);
  for (const uint32_t op : order_) {
    const Stream& stream = streams_[stream_of_[op]];
    if (begun_[stream.task] != 0) --steps_;
    if (stream.home) {
      const Nanos start = start_at(op, *stream.home);
      const Nanos end = start + problem_.modes(op)[stream.home->mode].duration;
      schedule_.start[op] = start;
      schedule_.mode[op] = stream.home->mode;
      schedule_.lanes[problem_.lane_slot(op)] = stream.home->lane;
      if (start >= Problem::kForever || end > latest_[op]) return false;
      timeline_.occupy(stream.home->lane, start, end);
      continue;
    }
    schedule_.mode[op] = shortest_[op];
    schedule_.start[op] = problem_.head(op);
    if (begun_[stream.task] == 0) continue;
    ready_.look_at(op, problem_.modes(op)[shortest_[op]].site, Nanos(0), schedule_);
    schedule_.start[op] = ready_.anywhere();
    if (schedule_.end(problem_, op) > latest_[op]) return false;
  }
  return steps_ > 0;
}

}  // namespace

std::optional<Schedule> on_home_lanes(const Problem& problem, Nanos handoff, int64_t steps) {
  return Partition(problem, handoff, steps).find();
}

}  // namespace takt
