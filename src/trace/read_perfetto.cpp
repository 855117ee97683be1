#include "trace/read_perfetto.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace takt {
namespace {

using Json = nlohmann::json;

constexpr int kRun = 2;              // process of perfetto.cpp
constexpr int kFirstThread = kRun * 100'000;

// Microseconds with three decimals; exact for every time below 2^53 / 1000 us.
Nanos time_of(const Json& event, const char* key) {
  return Nanos(std::llround(event.at(key).get<double>() * 1000));
}

class Reader {
 public:
  Trace read(const Json& file) {
    for (const Json& event : file.at("traceEvents"))
      if (event.at("pid") == kRun) read_event(event);
    trace_.dropped = file.at("otherData").value("dropped_events", uint64_t{0});
    std::stable_sort(trace_.events.begin(), trace_.events.end(),
                     [](const TraceEvent& a, const TraceEvent& b) { return a.begin < b.begin; });
    return std::move(trace_);
  }

 private:
  void read_event(const Json& event) {
    const std::string phase = event.at("ph");
    if (phase == "M" && event.at("name") == "thread_name") {
      const auto lane = size_t(event.at("tid").get<int>() - kFirstThread);
      if (trace_.lanes.size() <= lane) trace_.lanes.resize(lane + 1);
      trace_.lanes[lane] = event.at("args").at("name");
    } else if (phase == "X" && event.at("cat") != "idle") {
      read_slice(event);
    } else if (phase == "b") {
      open_jobs_[event.at("id")] = {task_of(event.at("name")), event.at("args").at("job"),
                                    outcome_of(event.at("args").at("outcome")),
                                    time_of(event, "ts")};
    } else if (phase == "e") {
      end_job(open_jobs_.at(event.at("id")), time_of(event, "ts"));
    }
  }

  struct OpenJob {
    uint32_t task = 0;
    uint64_t job = 0;
    JobOutcome outcome = JobOutcome::kDone;
    Nanos release;
  };

  void read_slice(const Json& event) {
    const bool submit = event.at("cat") == "submit";
    const std::string name = event.at("name");
    TraceEvent e;
    e.kind = submit ? TraceEvent::Kind::kSubmit : TraceEvent::Kind::kOp;
    e.lane = uint16_t(event.at("tid").get<int>() - kFirstThread);
    e.task = task_of(name.substr(0, name.find('/')));
    e.job = event.at("args").at("job");
    if (!submit) {
      e.op = event.at("args").at("op");
      e.region = event.at("args").at("region");
      e.value = event.at("args").at("tiles");
    }
    e.begin = time_of(event, "ts");
    e.end = e.begin + time_of(event, "dur");
    trace_.events.push_back(e);
  }

  void end_job(const OpenJob& job, Nanos end) {
    TraceEvent e;
    e.kind = TraceEvent::Kind::kRelease;
    e.task = job.task;
    e.job = job.job;
    e.begin = e.end = job.release;
    trace_.events.push_back(e);
    e.kind = TraceEvent::Kind::kJobEnd;
    e.value = uint16_t(job.outcome);
    e.end = end;
    trace_.events.push_back(e);
  }

  uint32_t task_of(const std::string& name) {
    if (name == "no task") return TraceEvent::kNoTask;
    const auto found = std::find(trace_.tasks.begin(), trace_.tasks.end(), name);
    if (found == trace_.tasks.end()) {
      trace_.tasks.push_back(name);
      return uint32_t(trace_.tasks.size() - 1);
    }
    return uint32_t(found - trace_.tasks.begin());
  }

  static JobOutcome outcome_of(const std::string& name) {
    return name == "done"     ? JobOutcome::kDone
           : name == "missed" ? JobOutcome::kMissed
                              : JobOutcome::kShed;
  }

  Trace trace_;
  std::map<std::string, OpenJob> open_jobs_;
};

}  // namespace

Result<Trace> parse_perfetto(std::string_view text, const std::string& path) {
  const Json file = Json::parse(text, nullptr, false);
  if (file.is_discarded()) return bad_input(path + ": is not JSON");
  try {
    Trace trace = Reader().read(file);
    if (trace.events.empty())
      return bad_input(path + ": has no run in it; write one with `takt run --trace`");
    return trace;
  } catch (const std::exception& error) {
    return bad_input(path + ": is not a trace of takt: " + error.what());
  }
}

Result<Trace> read_perfetto(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  return parse_perfetto(text, path);
}

}  // namespace takt
