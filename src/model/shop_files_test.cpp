#include "model/shop_files.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

Instance parsed(const char* text, const char* path) {
  Result<Instance> instance = parse_shop(text, path);
  CHECK_MSG(instance.ok(), instance.error().message.c_str());
  return *instance;
}

// "0:machine3=7,machine1=2 ..." per operation, and the edges.
std::string shape_of(const Instance& instance) {
  std::string text;
  for (const Operation& op : instance.operations) {
    text += instance.tasks[instance.jobs[op.job.value()].task.value()].name + '.' +
            std::to_string(op.graph_op);
    for (const Mode& mode : op.modes) {
      const Pool& pool = instance.pools[mode.demands.at(0).pool.value()];
      text += ' ' + instance.lane_names[pool.lanes.at(0).value()] + '=' +
              std::to_string(mode.duration.ns);
    }
    text += '\n';
  }
  for (const Precedence& edge : instance.precedences)
    text += std::to_string(edge.before.value()) + '<' + std::to_string(edge.after.value()) + ' ';
  return text;
}

TEST(ShopFiles, FlexibleJobShop) {
  const char* const kShape =
      "job0.0 machine2=5 machine3=4\njob0.1 machine1=9\njob1.0 machine3=1\n0<1 ";
  const Instance instance = parsed("2 3 1.5\n2  2 2 5 3 4  1 1 9\n1 1 3 1\n", "dir/small.fjs");
  EXPECT_EQ(shape_of(instance), kShape);
  EXPECT_EQ(instance.name, "small");
  EXPECT_EQ(instance.tasks[0].criticality, Criticality::kFirm);
  EXPECT_EQ(instance.jobs[1].deadline, Nanos::max());
  EXPECT_FALSE(instance.tasks[0].module.valid());
  EXPECT_EQ(shape_of(parsed("\n2\t3 \r\n2 2 2\n5 3 4 1 1 9\r\n1 1 3 1", "x.fjs")), kShape);
}

TEST(ShopFiles, JobShop) {
  EXPECT_EQ(shape_of(parsed("# two jobs\n2 2\n 1 3 0 4\n 0 5 1 6\n", "x.jsp")),
            "job0.0 machine1=3\njob0.1 machine0=4\njob1.0 machine0=5\njob1.1 machine1=6\n"
            "0<1 2<3 ");
}

TEST(ShopFiles, JobsOfADagAreItsComponents) {
  EXPECT_EQ(shape_of(parsed("5 3 2\n0 2\n3 2\n1 4\n1 0 10\n2 0 11 1 12\n1 1 13\n1 0 14\n1 1 15\n",
                            "x.txt")),
            "job0.0 machine0=10\njob0.1 machine1=13\njob0.2 machine0=14\n"
            "job1.0 machine0=11 machine1=12\njob1.1 machine1=15\n0<1 2<1 3<4 ");
}

TEST(ShopFiles, MalformedFilesSayWhere) {
  struct Case {
    const char* path;
    const char* text;
    const char* expected;
  };
  const Case kCases[] = {
      {"x.fjs", "", "x.fjs:1: the file ends where the number of jobs should stand"},
      {"x.fjs", "0 1\n", "x.fjs:1: the number of jobs must be an integer from 1 to 10000000, is "
                         "'0'"},
      {"x.fjs", "1 99999999\n", "x.fjs:1: the number of machines must be an integer from 1 to "
                                "65536, is '99999999'"},
      {"x.fjs", "2 2\n1 1 1 5\n", "x.fjs:2: the file ends where the number of operations of a job "
                                  "should stand"},
      {"x.fjs", "1 2\n1 1 3 5\n", "x.fjs:2: a machine must be an integer from 1 to 2, is '3'"},
      {"x.fjs", "1 2\n1 1 0 5\n", "x.fjs:2: a machine must be an integer from 1 to 2, is '0'"},
      {"x.fjs", "1 2\n1 1 1 0\n", "x.fjs:2: the time of an operation must be an integer from 1 to "
                                  "1000000000000, is '0'"},
      {"x.fjs", "1 2\n1 1 1 -4\n", "x.fjs:2: the time of an operation must be an integer from 1 "
                                   "to 1000000000000, is '-4'"},
      {"x.fjs", "1 2\n1 1 1 9999999999999999999\n",
       "x.fjs:2: the time of an operation must be an integer from 1 to 1000000000000, is "
       "'9999999999999999999'"},
      {"x.fjs", "1 2\n1 0\n", "x.fjs:2: the number of alternatives must be an integer from 1 to "
                              "10000000, is '0'"},
      {"x.fjs", "1 2\n1 1 1 5\n7\n", "x.fjs:3: '7' stands behind the last operation; the counts "
                                     "above say that there are fewer"},
      {"x.fjs", "1 2\n1 1 one 5\n", "x.fjs:2: a machine must be an integer from 1 to 2, is 'one'"},
      {"x.jsp", "1 2\n0 1 2 1\n", "x.jsp:2: a machine must be an integer from 0 to 1, is '2'"},
      {"x.txt", "2 2 1\n0 1\n1 0\n1 0 1\n1 0 1\n",
       "x.txt:2: the precedences have a cycle: operation 0 waits for one that waits for "
       "itself"},
      {"x.txt", "2 1 1\n0 2\n", "x.txt:2: an operation must be an integer from 0 to 1, is '2'"},
      {"x.doc", "1 1", "x.doc: a published instance is a .fjs, .jsp or .txt file"},
  };
  for (const Case& each : kCases) {
    const Result<Instance> instance = parse_shop(each.text, each.path);
    ASSERT_FALSE(instance.ok()) << each.expected;
    EXPECT_EQ(instance.error().message, each.expected);
    EXPECT_EQ(instance.error().kind, Error::Kind::kUsage);
  }
}

TEST(ShopFiles, SumsThatDoNotFitAreRefused) {
  std::string text = "1 1\n3000";   // the sum of their ends is above 2^62
  for (int i = 0; i < 3000; ++i) text += " 1 1 1000000000000";
  const Result<Instance> instance = parse_shop(text, "x.fjs");
  ASSERT_FALSE(instance.ok());
  EXPECT_EQ(instance.error().message,
            "x.fjs:1: instance 'x': its times, weights or sizes are too large to add up");
}

}  // namespace
}  // namespace takt
