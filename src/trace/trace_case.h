// Plans and traces as text, for the tests of this room. Times are ns, jobs are numbers.
//
//   plan_case:   window 100                              (left out: not periodic)
//                lanes core.0 core.1
//                task policy 2 50 0 40                   name, jobs, period, phase, deadline
//                op policy 0 3 10 20 core.0 core.1       task, job, op, begin, end, lanes
//                submit policy 0 5 6 core.0
//   trace_case:  origin 1000
//                lanes core.0 core.1
//                tasks policy
//                release policy 0 1000
//                op core.0 policy 0 3 1010 1020          lane, task, job, op, begin, end
//                submit core.0 policy 0 1005 1006
//                end policy 0 1000 1020 done
//                idle core.0 1020 1100
//                decision core.0 policy 0 2 1050         lane, task, job, value, time
#pragma once

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>

#include "base/check.h"
#include "model/plan.h"
#include "model/trace_event.h"

namespace takt {

template <class Vector, class Name>
uint32_t index_in(const Vector& items, const std::string& name, Name name_of_item) {
  for (uint32_t i = 0; i < items.size(); ++i)
    if (name_of_item(items[i]) == name) return i;
  CHECK_MSG(false, name.c_str());
  return 0;
}

inline std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

inline Nanos time_of(const std::string& word) { return Nanos(std::stoll(word)); }

inline Plan plan_case(const std::string& text) {
  Plan plan;
  plan.window = Nanos::max();
  std::istringstream in(text);
  const auto self = [](const std::string& s) { return s; };
  for (std::string line; std::getline(in, line);) {
    const auto w = words_of(line);
    if (w.empty()) continue;
    if (w[0] == "window") plan.window = time_of(w.at(1));
    else if (w[0] == "lanes") plan.lanes.assign(w.begin() + 1, w.end());
    else if (w[0] == "task") {
      PlanTask task;
      task.name = w.at(1);
      task.jobs = static_cast<uint32_t>(std::stoul(w.at(2)));
      task.period = {std::stoll(w.at(3)), 1};
      task.phase = time_of(w.at(4));
      task.deadline = time_of(w.at(5));
      plan.tasks.push_back(task);
    } else {
      const bool submit = w[0] == "submit";
      CHECK_MSG(submit || w[0] == "op", line.c_str());
      size_t at = 1;
      PlanOp op;
      op.task = TaskId(index_in(plan.tasks, w.at(at++), [](const PlanTask& t) { return t.name; }));
      op.job = static_cast<uint32_t>(std::stoul(w.at(at++)));
      op.kind = submit ? Operation::Kind::kSubmit : Operation::Kind::kGraphOp;
      if (!submit) op.graph_op = static_cast<uint32_t>(std::stoul(w.at(at++)));
      op.start = time_of(w.at(at++));
      op.duration = time_of(w.at(at++)) - op.start;
      for (; at < w.size(); ++at) op.lanes.push_back(LaneId(index_in(plan.lanes, w[at], self)));
      plan.operations.push_back(op);
    }
  }
  return plan;
}

inline Trace trace_case(const std::string& text) {
  Trace trace;
  std::istringstream in(text);
  const auto self = [](const std::string& s) { return s; };
  const auto lane = [&](const std::string& w) {
    return static_cast<uint16_t>(index_in(trace.lanes, w, self));
  };
  const auto task = [&](const std::string& w) { return index_in(trace.tasks, w, self); };
  for (std::string line; std::getline(in, line);) {
    const auto w = words_of(line);
    if (w.empty()) continue;
    TraceEvent e;
    if (w[0] == "origin") { trace.origin = time_of(w.at(1)); continue; }
    if (w[0] == "lanes") { trace.lanes.assign(w.begin() + 1, w.end()); continue; }
    if (w[0] == "tasks") { trace.tasks.assign(w.begin() + 1, w.end()); continue; }
    using Kind = TraceEvent::Kind;
    if (w[0] == "op") {
      const auto op = static_cast<uint32_t>(std::stoul(w.at(4)));
      e = {Kind::kOp, lane(w.at(1)), 1, task(w.at(2)), op, 0, std::stoull(w.at(3)),
           time_of(w.at(5)), time_of(w.at(6))};
    } else if (w[0] == "submit") {
      e = {Kind::kSubmit, lane(w.at(1)), 0, task(w.at(2)), 0, 0, std::stoull(w.at(3)),
           time_of(w.at(4)), time_of(w.at(5))};
    } else if (w[0] == "release") {
      e = {Kind::kRelease, 0, 0, task(w.at(1)), 0, 0, std::stoull(w.at(2)), time_of(w.at(3)),
           time_of(w.at(3))};
    } else if (w[0] == "end") {
      const JobOutcome outcome = w.at(5) == "done"     ? JobOutcome::kDone
                                 : w.at(5) == "missed" ? JobOutcome::kMissed
                                                       : JobOutcome::kShed;
      e = {Kind::kJobEnd, 0, static_cast<uint16_t>(outcome), task(w.at(1)), 0, 0,
           std::stoull(w.at(2)), time_of(w.at(3)), time_of(w.at(4))};
    } else if (w[0] == "idle") {
      e = {Kind::kIdle, lane(w.at(1)), 0, TraceEvent::kNoTask, 0, 0, 0, time_of(w.at(2)),
           time_of(w.at(3))};
    } else {
      CHECK_MSG(w[0] == "decision", line.c_str());
      e = {Kind::kDecision, lane(w.at(1)), static_cast<uint16_t>(std::stoul(w.at(4))),
           task(w.at(2)), 0, 0, std::stoull(w.at(3)), time_of(w.at(5)), time_of(w.at(5))};
    }
    trace.events.push_back(e);
  }
  std::stable_sort(trace.events.begin(), trace.events.end(),
                   [](const TraceEvent& a, const TraceEvent& b) { return a.begin < b.begin; });
  return trace;
}

}  // namespace takt
