#include "trace/ascii_gantt.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace takt {
namespace {

// Busy time of each task in each column of one lane.
using LaneColumns = std::vector<std::vector<int64_t>>;

char letter(size_t task, bool half_full) {
  if (task >= 26) return '#';
  return static_cast<char>((half_full ? 'A' : 'a') + task);
}

std::string ms_text(Nanos time) {
  char text[48];
  std::snprintf(text, sizeof(text), "%.3f", time.ms());
  return text;
}

// What is drawn: the window of a periodic plan, else all that is planned.
Nanos span_of(const Plan& plan) {
  if (plan.window != Nanos::max()) return plan.window;
  Nanos end;
  for (const PlanOp& op : plan.operations) end = std::max(end, op.end());
  return end;
}

class Chart {
 public:
  Chart(const Plan& plan, int columns)
      : plan_(plan), columns_(std::max(columns, 10)), span_(span_of(plan)),
        column_ns_(std::max<int64_t>((span_.ns + columns_ - 1) / columns_, 1)),
        lanes_(plan.lanes.size(),
               LaneColumns(static_cast<size_t>(columns_),
                           std::vector<int64_t>(plan.tasks.size()))) {
    for (const PlanOp& op : plan.operations)
      for (const LaneId lane : op.lanes) add(op, lane);
  }
  std::string text() const;

 private:
  void add(const PlanOp& op, LaneId lane);
  std::string lane_text(size_t lane, size_t name_width) const;
  std::string task_text(size_t task, size_t name_width) const;

  const Plan& plan_;
  const int columns_;
  const Nanos span_;
  const int64_t column_ns_;
  std::vector<LaneColumns> lanes_;
};

void Chart::add(const PlanOp& op, LaneId lane) {
  if (lane.value() >= lanes_.size() || op.task.value() >= plan_.tasks.size()) return;
  const int64_t begin = std::clamp<int64_t>(op.start.ns, 0, span_.ns);
  const int64_t end = std::clamp<int64_t>(op.end().ns, begin, span_.ns);
  for (int64_t column = begin / column_ns_; column * column_ns_ < end; ++column) {
    const int64_t from = std::max(begin, column * column_ns_);
    const int64_t to = std::min(end, (column + 1) * column_ns_);
    lanes_[lane.value()][static_cast<size_t>(column)][op.task.value()] += to - from;
  }
}

std::string Chart::lane_text(size_t lane, size_t name_width) const {
  std::string cells;
  int64_t busy = 0;
  for (const std::vector<int64_t>& by_task : lanes_[lane]) {
    int64_t sum = 0;
    for (const int64_t ns : by_task) sum += ns;
    const auto most = std::max_element(by_task.begin(), by_task.end());
    cells += sum == 0 ? '.' : letter(static_cast<size_t>(most - by_task.begin()),
                                     2 * sum >= column_ns_);
    busy += sum;
  }
  char percent[24];
  const auto whole = static_cast<double>(std::max<int64_t>(span_.ns, 1));
  std::snprintf(percent, sizeof(percent), "%3.0f %%", 100.0 * static_cast<double>(busy) / whole);
  std::string name = plan_.lanes[lane];
  name.resize(name_width, ' ');
  return name + " |" + cells + "| " + percent + "\n";
}

std::string Chart::task_text(size_t index, size_t name_width) const {
  const PlanTask& task = plan_.tasks[index];
  std::vector<Nanos> ends(task.jobs, Nanos::min());
  std::vector<int64_t> ops(task.jobs);
  size_t widest = 0;
  for (const PlanOp& op : plan_.operations) {
    if (op.task.value() != index || op.job >= task.jobs || op.kind != Operation::Kind::kGraphOp)
      continue;
    ends[op.job] = std::max(ends[op.job], op.end());
    ++ops[op.job];
    widest = std::max(widest, op.lanes.size());
  }
  Nanos response;
  int64_t late = 0;
  for (size_t job = 0; job < ends.size(); ++job) {
    if (ops[job] == 0) continue;
    const Nanos taken = ends[job] - task.phase - task.period.release(static_cast<int64_t>(job));
    response = std::max(response, taken);
    late += taken > task.deadline;
  }
  std::string name = task.name;
  name.resize(name_width, ' ');
  std::string text = std::string(1, letter(index, true)) + " " + name + "  " +
                     std::to_string(task.jobs) + (task.jobs == 1 ? " job of " : " jobs of ") +
                     std::to_string(ops.empty() ? 0 : *std::max_element(ops.begin(), ops.end())) +
                     " ops, up to " + std::to_string(widest) + (widest == 1 ? " lane" : " lanes") +
                     ", response " + ms_text(response);
  if (task.deadline != Nanos::max()) text += " of " + ms_text(task.deadline);
  text += " ms";
  if (late > 0) text += ", " + std::to_string(late) + " LATE";
  return text + "\n";
}

std::string Chart::text() const {
  size_t lane_width = 0;
  size_t task_width = 0;
  for (const std::string& name : plan_.lanes) lane_width = std::max(lane_width, name.size());
  for (const PlanTask& task : plan_.tasks) task_width = std::max(task_width, task.name.size());
  std::string text = (plan_.window == Nanos::max() ? "makespan " : "window ") + ms_text(span_) +
                     " ms, one column = " + ms_text(Nanos(column_ns_)) + " ms\n";
  for (size_t lane = 0; lane < lanes_.size(); ++lane) text += lane_text(lane, lane_width);
  for (size_t task = 0; task < plan_.tasks.size(); ++task) text += task_text(task, task_width);
  return text;
}

}  // namespace

std::string ascii_gantt(const Plan& plan, int columns) { return Chart(plan, columns).text(); }

}  // namespace takt
