// The dependencies of real compiled models against a brute-force check: every pair of
// operations that touch a common byte, one of them writing, must be ordered by the
// dependencies' closure, and every dependency must have such a byte. IREE's own barriers are
// the second witness: operations it puts in one wave never depend on each other.
#include "compile/test_models.h"

namespace takt::compile {
namespace {

struct Conflict {
  bool any = false;
  bool kinds[3] = {};
};

Conflict conflict(const GraphOp& first, const GraphOp& second) {
  Conflict found;
  for (const Access& a : first.accesses) {
    for (const Access& b : second.accesses) {
      if (a.resource != b.resource || !a.range.overlaps(b.range)) continue;
      found.kinds[0] |= a.writes && b.reads;
      found.kinds[1] |= a.reads && b.writes;
      found.kinds[2] |= a.writes && b.writes;
    }
  }
  found.any = found.kinds[0] || found.kinds[1] || found.kinds[2];
  return found;
}

// reach[j][i]: operation j waits for operation i, directly or not.
std::vector<std::vector<bool>> closure(const std::vector<GraphOp>& ops) {
  std::vector<std::vector<bool>> reach(ops.size(), std::vector<bool>(ops.size(), false));
  for (size_t j = 0; j < ops.size(); ++j) {
    for (const Dependency& dep : ops[j].deps) {
      reach[j][dep.op] = true;
      for (size_t i = 0; i < dep.op; ++i) reach[j][i] = reach[j][i] || reach[dep.op][i];
    }
  }
  return reach;
}

void check(const GraphFunction& function) {
  const std::vector<GraphOp>& ops = function.ops;
  const auto reach = closure(ops);
  size_t conflicts = 0;
  for (size_t j = 0; j < ops.size(); ++j) {
    for (size_t i = 0; i < j; ++i) {
      if (!conflict(ops[i], ops[j]).any) continue;
      ++conflicts;
      EXPECT_TRUE(reach[j][i]) << function.name << ": " << j << " does not wait for " << i;
    }
    for (const Dependency& dep : ops[j].deps) {
      const GraphOp& earlier = ops[dep.op];
      EXPECT_TRUE(std::pair(earlier.region, earlier.wave) < std::pair(ops[j].region, ops[j].wave))
          << function.name << ": " << j << " waits for " << dep.op << " of its own wave";
      if (dep.kind == DependencyKind::kOrder) continue;
      EXPECT_TRUE(conflict(earlier, ops[j]).kinds[static_cast<size_t>(dep.kind)])
          << function.name << ": " << j << " waits for " << dep.op << " without reason";
      EXPECT_GT(dep.bytes, 0);
    }
  }
  if (ops.size() > 2) {
    EXPECT_GT(conflicts, 0u);
  }
}

class OracleTest : public CompileTest {
 protected:
  void check_text(const std::string& text) {
    const DispatchGraph g = graph(text);
    size_t plannable = 0;
    for (const GraphFunction& function : g.functions) {
      if (!function.plannable) continue;
      ++plannable;
      check(function);
    }
    EXPECT_GT(plannable, 0u);
  }
};

TEST_F(OracleTest, SmallModels) {
  for (const std::string& text : {std::string(kBranches), std::string(kSlices), stacked_layers(6)})
    check_text(text);
}

TEST_F(OracleTest, RandomNetworks) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    check_text(random_network(seed, 6 + 3 * static_cast<int>(seed)));
  }
}

// The check itself must notice: without any one of its dependencies a graph that has only
// needed ones must fail it.
TEST_F(OracleTest, AMissingDependencyIsNoticed) {
  const DispatchGraph g = graph(stacked_layers(4));
  const GraphFunction* main = g.find("main");
  ASSERT_TRUE(main && main->plannable);
  std::vector<GraphOp> ops = main->ops;
  const size_t last = ops.size() - 1;
  ASSERT_FALSE(ops[last].deps.empty());
  ops[last].deps.clear();
  const auto reach = closure(ops);
  bool noticed = false;
  for (size_t i = 0; i < last; ++i)
    noticed |= conflict(ops[i], ops[last]).any && !reach[last][i];
  EXPECT_TRUE(noticed);
}

}  // namespace
}  // namespace takt::compile
