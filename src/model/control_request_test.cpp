// The lines of the control socket: what reads, and what is refused by which field.
#include "model/control_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace takt {
namespace {

using ::testing::HasSubstr;

std::string line(const std::string& fields) {
  return R"({"format": "takt-control", "version": 1, )" + fields + "}\n";
}

std::string refusal(const std::string& text) {
  const Result<ControlRequest> request = parse_control_request(text);
  EXPECT_FALSE(request.ok()) << text;
  return request.ok() ? "" : request.error().message;
}

TEST(ControlRequest, EveryKindSurvivesTheWay) {
  const char* const requests[] = {
      R"("do": "list")",
      R"("do": "mode", "mode": "landing")",
      R"("do": "remove", "task": "see")",
      R"("do": "remove", "task": "see", "with_chains": true)",
      R"("do": "replace", "task": "see", "path": "/m/new.mlir", "function": "run")",
      R"("do": "rate", "task": "see", "rate": "29.97")",
      R"("do": "rate", "task": "see", "rate": 50)",
      R"("do": "rate", "task": "see", "period": "100000000/7ns")",
      R"("do": "add", "workload": "{format: takt-workload, version: 1, name: w, modules: [{name: m)"
      R"(, path: /m/m.mlir}], tasks: [{name: t, module: m, rate: 3}]}")",
  };
  for (const char* fields : requests) {
    const Result<ControlRequest> request = parse_control_request(line(fields));
    ASSERT_TRUE(request.ok()) << fields << ": " << request.error().message;
    const std::string written = write_control_request(*request);
    EXPECT_EQ(written.find('\n'), written.size() - 1);
    const Result<ControlRequest> again = parse_control_request(written);
    ASSERT_TRUE(again.ok()) << written << again.error().message;
    EXPECT_EQ(write_control_request(*again), written);
    EXPECT_EQ(text_of(*again), text_of(*request));
  }
}

TEST(ControlRequest, ARateIsExact) {
  const auto request = parse_control_request(line(R"("do": "rate", "task": "t", "rate": "30")"));
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->change.period, (Period{100'000'000, 3}));
}

TEST(ControlRequest, WhatIsWrongIsNamed) {
  EXPECT_THAT(refusal(""), HasSubstr("request"));
  EXPECT_THAT(refusal("hello\n"), HasSubstr("request:1"));
  EXPECT_THAT(refusal("[]"), HasSubstr("takt-control"));
  EXPECT_THAT(refusal("{\"do\": \"list\"}"), HasSubstr("version: 1"));
  EXPECT_THAT(refusal(line(R"("what": "list")")), HasSubstr("field 'do' is missing"));
  EXPECT_THAT(refusal(line(R"("do": "fly")")), HasSubstr("one of list add remove replace"));
  EXPECT_THAT(refusal(line(R"("do": "list", "task": "a")")), HasSubstr("unknown field"));
  EXPECT_THAT(refusal(line(R"("do": "remove")")), HasSubstr("'task' is missing"));
  EXPECT_THAT(refusal(line(R"("do": "remove", "task": "a b")")), HasSubstr("task"));
  EXPECT_THAT(refusal(line(R"("do": "rate", "task": "a")")), HasSubstr("one of the two"));
  EXPECT_THAT(refusal(line(R"("do": "rate", "task": "a", "rate": "0")")), HasSubstr("rate in Hz"));
  EXPECT_THAT(refusal(line(R"("do": "replace", "task": "a", "path": "")")), HasSubstr("path"));
  EXPECT_THAT(refusal(line(R"("do": "replace", "task": "a", "path": "x\u0000y")")),
              HasSubstr("path"));
  EXPECT_THAT(refusal(line(R"("do": "add", "workload": "name: w")")),
              HasSubstr("workload of the request:1"));
  EXPECT_THAT(refusal(std::string(ControlRequest::kMaxBytes + 1, ' ')), HasSubstr("longer than"));
}

}  // namespace
}  // namespace takt
