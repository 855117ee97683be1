#include "model/instance_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/random_model.h"
#include "model/whole_instance.h"

namespace takt {
namespace {

using ::testing::HasSubstr;

TEST(InstanceFile, WrittenAndReadAgainItIsTheSame) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const Instance written = random_whole_instance(rng);
    const Status status = check_instance(written);
    ASSERT_TRUE(status.ok()) << status.error().message;
    const std::string text = write_instance(written);
    const Result<Instance> read = parse_instance(text, "x.json");
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->hash(), written.hash());
    EXPECT_EQ(read->name, written.name);
    EXPECT_EQ(write_instance(*read), text);
  }
}

TEST(InstanceFile, DefaultsNeedNotBeWritten) {
  const Result<Instance> read = parse_instance(R"({
    "format": "takt-instance", "version": 1, "name": "x", "lanes": ["m"],
    "pools": [{"name": "m", "lanes": [0]}], "tasks": [{"name": "t"}],
    "jobs": [{"task": 0, "operations": [
      {"modes": [{"demands": [{"pool": 0}], "duration_ns": 3}]},
      {"modes": [{"demands": [{"pool": 0}], "duration_ns": 4}]}]}]})", "x.json");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->tasks[0].criticality, Criticality::kFirm);
  EXPECT_EQ(read->tasks[0].weight, 1);
  EXPECT_FALSE(read->tasks[0].module.valid());
  EXPECT_EQ(read->jobs[0].deadline, Nanos::max());
  EXPECT_EQ(read->operations[1].graph_op, 1u);
  EXPECT_EQ(read->horizon, Nanos::max());
}

struct Change {
  const char* from;      // text of write_instance(whole_instance()), first occurrence
  const char* to;
  const char* expected;
};

const Change kChanges[] = {
    {R"("version": 1)", R"("version": 2)", "field version: is 2; this program reads"},
    {R"("aligned": true)", R"("aligned": 1)", "field pools[0].aligned: must be true or false"},
    {R"("site": 0)", R"("side": 0)", "field pools[0].side: unknown field"},
    {R"("lanes": [0,1,2,3])", R"("lanes": [0,1,2,9])",
     "field pools[0].lanes[3]: must be the index of one of the 5 lanes"},
    {R"("b.0")", R"("a.0")", "field lanes[4]: the name 'a.0' is already taken"},
    {R"("weight": 3)", R"("weight": 0)", "field tasks[0].weight: must be an integer from 1"},
    {R"("task": 0)", R"("task": 1)", "field jobs[0].task: must be the index of one of the 1"},
    {R"("duration_ns": 10)", R"("duration_ns": 0)", "duration_ns: must be an integer from 1"},
    {R"("pool": 0)", R"("pool": 7)", "demands[0].pool: must be the index of one of the 2 pools"},
    {R"("after": 1)", R"("after": 4)", "precedences[0].after: must be the index of one of the 4"},
    {R"("after": 1)", R"("after": 0)",
     "x.json: instance 'x': operation 0 waits for itself: the precedences have a cycle"},
    {R"("last": 1)", R"("last": 2)", "chains[0].runs[0].last: must be the index of one of the 2"},
    {R"("horizon_ns": 300)", R"("horizon_ns": 0)", "field horizon_ns: must be an integer from 1"},
    {R"("name": "x",)", "", "the field 'name' is missing"},
};

TEST(InstanceFile, WrongFieldsAreNamed) {
  for (const Change& change : kChanges) {
    SCOPED_TRACE(change.to);
    const std::string text = write_instance(whole_instance());
    std::string spaced;
    for (size_t i = 0; i < text.size(); ++i) {
      spaced += text[i];
      if (text[i] == ':' && text[i + 1] != ' ') spaced += ' ';
    }
    const size_t at = spaced.find(change.from);
    ASSERT_NE(at, spaced.npos) << spaced;
    spaced.replace(at, std::string_view(change.from).size(), change.to);
    const Result<Instance> read = parse_instance(spaced, "x.json");
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(read.error().message, HasSubstr(change.expected));
    EXPECT_TRUE(read.error().message.starts_with("x.json:"));
  }
}

TEST(InstanceFile, TheExtensionPicksTheFormat) {
  EXPECT_THAT(read_any_instance("nowhere/x.json").error().message, HasSubstr("nowhere/x.json"));
  EXPECT_THAT(read_any_instance("x.yaml").error().message, HasSubstr("x.yaml"));
}

}  // namespace
}  // namespace takt
