#include "trace/read_perfetto.h"

#include <gtest/gtest.h>

#include "trace/perfetto.h"
#include "trace/trace_case.h"

namespace takt {
namespace {

TEST(ReadPerfetto, GivesBackWhatWasWritten) {
  const Trace trace = trace_case(R"(
origin 1000
lanes core.0 core.1
tasks policy detector
release policy 0 1000
submit core.0 policy 0 1005 1006
op core.0 policy 0 3 1010 1020
op core.1 detector 2 4 1015 2001001
end policy 0 1000 1020 done
release detector 2 1001
end detector 2 1001 2001001 missed
idle core.0 1020 1100
decision core.0 policy 0 2 1050
)");
  std::string text;
  PerfettoInput input;
  input.trace = &trace;
  perfetto_json(input, [&](std::string_view piece) { text += piece; });
  const Result<Trace> read = parse_perfetto(text, "x.json");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->lanes, trace.lanes);
  std::vector<std::string> expected, found;
  const auto line = [](const Trace& from, const TraceEvent& e, Nanos zero) {
    return std::to_string(int(e.kind)) + " " + from.tasks[e.task] + " " + std::to_string(e.job) +
           " " + std::to_string(e.op) + " " + std::to_string(e.lane) + " " +
           std::to_string((e.begin - zero).ns) + " " + std::to_string((e.end - zero).ns) + " " +
           std::to_string(e.kind == TraceEvent::Kind::kJobEnd ? e.value : 0);
  };
  for (const TraceEvent& e : trace.events)
    if (e.kind != TraceEvent::Kind::kIdle && e.kind != TraceEvent::Kind::kDecision)
      expected.push_back(line(trace, e, Nanos(1000)));
  for (const TraceEvent& e : read->events) found.push_back(line(*read, e, Nanos(0)));
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected);
}

TEST(ReadPerfetto, SaysWhatIsWrong) {
  EXPECT_NE(parse_perfetto("{", "x.json").error().message.find("x.json: is not JSON"),
            std::string::npos);
  EXPECT_NE(parse_perfetto("{}", "x.json").error().message.find("not a trace of takt"),
            std::string::npos);
  EXPECT_NE(parse_perfetto(R"({"otherData":{},"traceEvents":[]})", "x.json")
                .error().message.find("has no run in it"),
            std::string::npos);
}

}  // namespace
}  // namespace takt
