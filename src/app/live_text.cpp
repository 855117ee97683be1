#include "app/live_text.h"

#include <algorithm>
#include <cstdio>

#include "app/report.h"

namespace takt {
namespace {

std::string clipped(std::string line, size_t columns) {
  if (line.size() > columns) line.resize(columns);
  return line + '\n';
}

std::string printed(const char* format, auto... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string slack_text(const Workload& workload, const TaskFigures& task) {
  const auto spec = std::find_if(workload.tasks.begin(), workload.tasks.end(),
                                 [&](const Task& one) { return one.name == task.name; });
  if (spec == workload.tasks.end()) return "stopped";
  if (spec->deadline == Nanos::max() || task.done + task.missed == 0) return "-";
  const Nanos slack = spec->deadline - task.response_p99;
  return slack < Nanos(0) ? "-" + duration_text(-slack) : duration_text(slack);
}

}  // namespace

std::string live_text(const Workload& workload, const std::vector<TaskFigures>& figures,
                      Nanos elapsed, size_t columns, size_t rows) {
  std::string text = clipped(printed("  %-16s %9s %8s %7s %10s %10s   %.1f s", "task", "jobs",
                                     "missed", "shed", "p99", "slack", elapsed.ms() / 1e3),
                             columns);
  const size_t room = rows > 1 ? rows - 1 : 0;
  const size_t shown = figures.size() <= room ? figures.size() : room - std::min<size_t>(room, 1);
  for (size_t i = 0; i < shown; ++i) {
    const TaskFigures& task = figures[i];
    text += clipped(printed("  %-16.48s %9lld %8lld %7lld %10s %10s", task.name.c_str(),
                            static_cast<long long>(task.jobs), static_cast<long long>(task.missed),
                            static_cast<long long>(task.shed),
                            duration_text(task.response_p99).c_str(),
                            slack_text(workload, task).c_str()),
                    columns);
  }
  if (shown < figures.size() && room > 0)
    text += clipped(printed("  ... and %zu more", figures.size() - shown), columns);
  return text;
}

}  // namespace takt
