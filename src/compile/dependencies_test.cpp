#include "compile/dependencies.h"

#include "base/rng.h"
#include "compile/session.h"
#include "compile/test_models.h"

namespace takt::compile {
namespace {

// The stream-phase function of a text; its Resources stand for aliasing below: root 0 and 1
// are different buffers.
class DependenciesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<Session> session = Session::create({"--iree-hal-target-device=local",
                                               "--iree-hal-local-target-device-backends=llvm-cpu"});
    ASSERT_TRUE(session.ok()) << session.error().message;
    session_.emplace(std::move(*session));
    Result<Module> module = session_->parse(kSlices, "slices.mlir");
    ASSERT_TRUE(module.ok());
    module = session_->run(std::move(*module), "", "stream");
    ASSERT_TRUE(module.ok()) << module.error().message;
    module_ = std::move(*module);
    resources_.emplace(find_symbol(module_.op(), "util.func", "main"));
    module_.op().walk([&](Op op) {
      if (op.is("stream.tensor.import")) resources_->trace(op.result(0));
    });
    ASSERT_GE(resources_->list().size(), 2u);
  }

  std::optional<Session> session_;
  Module module_;
  std::optional<Resources> resources_;
};

struct Touch {
  uint32_t resource;
  int64_t offset, length;
  bool reads, writes;
};

GraphOp op_of(const std::vector<Touch>& touches, uint32_t wave) {
  GraphOp op;
  op.wave = wave;
  for (const Touch& touch : touches)
    op.accesses.push_back(
        {touch.resource, {touch.offset, touch.length}, touch.reads, touch.writes, true});
  return op;
}

OpDetails covering(const std::vector<GraphOp>& ops) {
  OpDetails details;
  for (const GraphOp& op : ops) details.emplace_back(op.accesses.size(), AccessDetail{true, true});
  return details;
}

TEST_F(DependenciesTest, ACoveringWriteHidesWhatIsBeforeIt) {
  std::vector<GraphOp> ops = {op_of({{0, 0, 64, false, true}}, 0),
                              op_of({{0, 0, 32, false, true}}, 1),
                              op_of({{0, 0, 64, true, false}}, 2)};
  add_dependencies(ops, covering(ops), *resources_);
  ASSERT_EQ(ops[2].deps.size(), 2u);
  EXPECT_EQ(ops[2].deps[0].op, 0u);
  EXPECT_EQ(ops[2].deps[0].bytes, 32);  // the half that operation 1 left
  EXPECT_EQ(ops[2].deps[1].op, 1u);
  EXPECT_EQ(ops[2].deps[1].bytes, 32);
}

TEST_F(DependenciesTest, AWriteWithHolesHidesNothing) {
  std::vector<GraphOp> ops = {op_of({{0, 0, 64, false, true}}, 0),
                              op_of({{0, 0, 64, false, true}}, 1),
                              op_of({{0, 0, 64, true, false}}, 2)};
  OpDetails details = covering(ops);
  details[1][0].covers = false;
  add_dependencies(ops, details, *resources_);
  ASSERT_EQ(ops[2].deps.size(), 2u);
  EXPECT_EQ(ops[2].deps[0].bytes, 64);
}

TEST_F(DependenciesTest, OtherBuffersAndReadsDoNotConflict) {
  std::vector<GraphOp> ops = {op_of({{0, 0, 64, true, false}}, 0),
                              op_of({{0, 0, 64, true, false}}, 1),
                              op_of({{1, 0, 64, false, true}}, 2)};
  add_dependencies(ops, covering(ops), *resources_);
  EXPECT_TRUE(ops[1].deps.empty());
  EXPECT_TRUE(ops[2].deps.empty());
}

TEST_F(DependenciesTest, AnUnlocatedAccessWaitsForTheWholeBuffer) {
  std::vector<GraphOp> ops = {op_of({{0, 0, 8, false, true}}, 0),
                              op_of({{0, 32, 8, true, false}}, 1)};
  OpDetails details = covering(ops);
  details[1][0].located = false;
  add_dependencies(ops, details, *resources_);
  ASSERT_EQ(ops[1].deps.size(), 1u);
}

TEST_F(DependenciesTest, RegionOrderTiesEndsToStarts) {
  std::vector<GraphOp> ops = {op_of({}, 0), op_of({}, 0), op_of({}, 0), op_of({}, 1)};
  ops[1].deps = {{0, DependencyKind::kTrue, 4}};
  ops[2].region = ops[3].region = 1;
  ops[3].deps = {{2, DependencyKind::kTrue, 4}};
  add_region_order(ops, 0, 1);
  ASSERT_EQ(ops[2].deps.size(), 1u);
  EXPECT_EQ(ops[2].deps[0].op, 1u);
  EXPECT_EQ(ops[2].deps[0].kind, DependencyKind::kOrder);
  EXPECT_EQ(ops[3].deps.size(), 1u);
}

// Random accesses against a simulation byte by byte: who wrote it last, who read it since.
TEST_F(DependenciesTest, RandomAccessesAgreeWithAByteSimulation) {
  constexpr int kBytes = 24;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    std::vector<GraphOp> ops;
    for (uint32_t i = 0; i < 8; ++i) {
      std::vector<Touch> touches;
      for (uint64_t t = 1 + rng.below(3); t-- > 0;) {
        const int64_t offset = rng.between(0, kBytes - 1);
        const bool writes = rng.below(2) == 0;
        touches.push_back({static_cast<uint32_t>(rng.below(2)), offset,
                           rng.between(1, kBytes - offset), !writes || rng.below(4) == 0, writes});
      }
      ops.push_back(op_of(touches, i));
    }
    add_dependencies(ops, covering(ops), *resources_);
    for (size_t resource = 0; resource < 2; ++resource) {
      for (int64_t byte = 0; byte < kBytes; ++byte) {
        std::optional<uint32_t> writer;
        std::vector<uint32_t> readers;
        for (uint32_t j = 0; j < ops.size(); ++j) {
          bool reads = false, writes = false;
          for (const Access& access : ops[j].accesses) {
            if (access.resource != resource || !access.range.overlaps({byte, 1})) continue;
            reads |= access.reads;
            writes |= access.writes;
          }
          const auto has = [&](uint32_t on, DependencyKind kind) {
            for (const Dependency& dep : ops[j].deps)
              if (dep.op == on && dep.kind == kind) return true;
            return false;
          };
          EXPECT_TRUE(!reads || !writer || has(*writer, DependencyKind::kTrue)) << j;
          EXPECT_TRUE(!writes || !writer || has(*writer, DependencyKind::kOutput)) << j;
          if (writes) {
            for (const uint32_t reader : readers)
              EXPECT_TRUE(has(reader, DependencyKind::kAnti)) << j << " after " << reader;
            writer = j;
            readers.clear();
          }
          if (reads) readers.push_back(j);
        }
      }
    }
  }
}

}  // namespace
}  // namespace takt::compile
