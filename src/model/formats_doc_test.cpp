// docs/formats.md tells the truth: its examples are read, and it names every field.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <sstream>

#include "base/file.h"
#include "model/dispatch_graph.h"
#include "model/instance_file.h"
#include "model/plan.h"
#include "model/random_model.h"
#include "model/soc.h"
#include "model/verify.h"
#include "model/workload.h"

namespace takt {
namespace {

std::string document() { return read_file(TAKT_SOURCE_DIR "/docs/formats.md").value(); }

// The fenced blocks of the document, by the format each says it has.
std::map<std::string, std::string> examples() {
  std::map<std::string, std::string> blocks;
  std::istringstream lines(document());
  std::string block;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("```")) {
      if (inside) block += line + '\n';
      continue;
    }
    inside = !inside;
    std::smatch format;
    if (!inside && std::regex_search(block, format, std::regex("format\"?: \"?(takt-[a-z]+)")))
      blocks[format[1]] = block;
    else
      EXPECT_TRUE(inside) << "an example without a format:\n" << block;
    if (!inside) block.clear();
  }
  return blocks;
}

TEST(FormatsDocument, EveryExampleIsRead) {
  const auto blocks = examples();
  ASSERT_EQ(blocks.size(), 5u);
  const auto soc = parse_soc(blocks.at("takt-soc"), "formats.md");
  EXPECT_TRUE(soc.ok()) << soc.error().message;
  const auto workload = parse_workload(blocks.at("takt-workload"), "formats.md");
  EXPECT_TRUE(workload.ok()) << workload.error().message;
  const auto graph = parse_graph(blocks.at("takt-graph"), "formats.md");
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const auto plan = parse_plan(blocks.at("takt-plan"), "formats.md");
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  const auto instance = parse_instance(blocks.at("takt-instance"), "formats.md");
  EXPECT_TRUE(instance.ok()) << instance.error().message;
  for (const Violation& violation : verify(*plan, std::vector<DispatchGraph>{*graph}))
    ADD_FAILURE() << violation.what;
}

TEST(FormatsDocument, EveryFieldIsDescribed) {
  const std::string text = document();
  std::string described;   // what stands in backquotes in the tables
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("|")) described += line + '\n';
  size_t fields = 0;
  std::map<std::string, uint64_t> first_seen;   // name: seed
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    for (const std::string& file :
         {write_soc(random_soc(rng)), write_workload(random_workload(rng)),
          write_graph(random_graph(rng)), write_plan(random_plan(rng)),
          write_instance(random_whole_instance(rng))}) {
      static const std::regex kKey("(?:^|[ {,\n])\"?([a-z_]+)\"?:[ {\\[\"0-9a-z-]");
      for (std::sregex_iterator key(file.begin(), file.end(), kKey), end; key != end; ++key) {
        const std::string name = (*key)[1];
        if (name == "format" || name == "version") continue;
        ++fields;
        first_seen.emplace(name, seed);
      }
    }
  }
  for (const auto& [name, seed] : first_seen)
    EXPECT_TRUE(std::regex_search(described, std::regex("[`.]" + name + "`")))
        << "docs/formats.md does not describe '" << name << "', seed " << seed;
  EXPECT_GT(fields, 1000u);
}

}  // namespace
}  // namespace takt
