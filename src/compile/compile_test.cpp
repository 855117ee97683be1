#include "compile/compile.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>

#include "base/content_hash.h"
#include "base/subprocess.h"
#include "compile/compiler_api.h"
#include "compile/test_models.h"

namespace takt::compile {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using CompilingTest = CompileTest;

std::string bytes_of(const std::string& path) {
  Result<std::string> bytes = read_file(path);
  EXPECT_TRUE(bytes.ok());
  return bytes.ok() ? *bytes : "";
}

TEST_F(CompilingTest, TheModuleIsWhatIreeCompileWrites) {
  const Result<CompiledModule> module = compile("mlp.mlir", kMlp);
  ASSERT_TRUE(module.ok()) << module.error().message;
  const std::string tool =
      (std::filesystem::path(compiler_library_path()).parent_path() / "iree-compile").string();
  std::vector<std::string> words = {tool, path("mlp.mlir"), "-o", path("reference.vmfb")};
  words.insert(words.end(), module->graph.flags.begin(), module->graph.flags.end());
  const Result<SubprocessResult> run = run_program(words);
  ASSERT_TRUE(run.ok());
  ASSERT_EQ(run->status, 0) << run->output;
  EXPECT_EQ(bytes_of(module->vmfb_path), bytes_of(path("reference.vmfb")));
  EXPECT_EQ(module->graph.vmfb_hash, content_hash(bytes_of(path("reference.vmfb"))));
}

TEST_F(CompilingTest, TheGraphFileIsTheGraph) {
  const Result<CompiledModule> module = compile("mlp.mlir", kMlp);
  ASSERT_TRUE(module.ok()) << module.error().message;
  EXPECT_EQ(module->graph_path, path("mlp.graph.json"));
  const Result<DispatchGraph> read = read_graph(module->graph_path);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(write_graph(*read), write_graph(module->graph));
  EXPECT_EQ(read->vmfb, "mlp.vmfb");
}

template <class T>
T field_at(std::string_view bytes, size_t at) {
  T value{};
  EXPECT_LE(at + sizeof(T), bytes.size());
  if (at + sizeof(T) <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

// The linker puts the section table last, so an ELF file's header tells its size.
TEST_F(CompilingTest, TheBinaryHashIsOfTheElfInTheModule) {
  const Result<CompiledModule> module = compile("mlp.mlir", kMlp);
  ASSERT_TRUE(module.ok()) << module.error().message;
  const std::string vmfb = bytes_of(module->vmfb_path);
  const size_t at = vmfb.find("\x7f" "ELF");
  ASSERT_NE(at, std::string::npos);
  const std::string_view elf = std::string_view(vmfb).substr(at);
  const auto section_table = field_at<uint64_t>(elf, 40);
  const size_t size = section_table + field_at<uint16_t>(elf, 58) * field_at<uint16_t>(elf, 60);
  ASSERT_LE(size, elf.size());
  ASSERT_EQ(module->graph.kernels.size(), 2u);
  for (const Kernel& kernel : module->graph.kernels)
    EXPECT_EQ(kernel.binary_hash, content_hash(elf.substr(0, size)));
}

TEST_F(CompilingTest, CompilesAgainOnlyWhenSomethingChanged) {
  const Result<CompiledModule> first = compile("m.mlir", kMlp);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_FALSE(first->up_to_date);
  const Result<CompiledModule> second = compile("m.mlir", kMlp);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->up_to_date);
  EXPECT_EQ(write_graph(second->graph), write_graph(first->graph));
  const std::string vmfb = bytes_of(first->vmfb_path);
  write("m.vmfb", vmfb.substr(0, vmfb.size() / 2));  // not ours any more
  const Result<CompiledModule> third = compile("m.mlir", kMlp);
  ASSERT_TRUE(third.ok());
  EXPECT_FALSE(third->up_to_date);
  EXPECT_EQ(bytes_of(first->vmfb_path), vmfb);
  const Result<CompiledModule> other = compile("m.mlir", kBranches);
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(other->up_to_date);
}

TEST_F(CompilingTest, EqualKernelsHaveEqualHashesWhereverTheySit) {
  const std::string alone = R"(
func.func @other_name(%x: tensor<64xf32>) -> tensor<64xf32> {
  %n = arith.addf %x, %x : tensor<64xf32>
  return %n : tensor<64xf32>
})";
  const DispatchGraph several = graph(kSeveral), single = graph(alone);
  CompileOptions generic;
  generic.target = "generic";
  const DispatchGraph portable = graph(alone, generic);
  const auto hash = [](const DispatchGraph& g, const char* function) {
    const GraphFunction* found = g.find(function);
    EXPECT_TRUE(found && found->plannable && !found->ops.empty()) << function;
    return g.kernels[found->ops[0].kernel.value()].content_hash;
  };
  EXPECT_EQ(hash(several, "twice"), hash(single, "other_name"));
  EXPECT_NE(hash(several, "twice"), hash(several, "step"));
  EXPECT_NE(hash(single, "other_name"), hash(portable, "other_name"));
}

TEST_F(CompilingTest, BadInputNamesThePlace) {
  const auto error_of = [&](const std::string& name, std::string_view text,
                            const CompileOptions& options = {}) {
    const Result<CompiledModule> module = compile(name, text, options);
    EXPECT_FALSE(module.ok());
    if (module.ok()) return std::string();
    EXPECT_EQ(module.error().exit_code(), 2) << module.error().message;
    EXPECT_FALSE(std::filesystem::exists(path("x.vmfb")));
    EXPECT_FALSE(std::filesystem::exists(path("x.graph.json")));
    return module.error().message;
  };
  const std::string mlp = kMlp;
  EXPECT_THAT(error_of("x.mlir", mlp.substr(0, mlp.size() / 2)), StartsWith(path("x.mlir:")));
  std::string unknown = mlp;
  unknown.replace(unknown.find("math.tanh"), 9, "math.tanx");
  EXPECT_THAT(error_of("x.mlir", unknown), HasSubstr("x.mlir:10:9: custom op 'math.tanx'"));
  EXPECT_THAT(error_of("x.mlir", " \n"), HasSubstr("x.mlir: the file is empty"));
  EXPECT_THAT(error_of("x.mlir", "module {}"), HasSubstr("exports no function"));
  EXPECT_THAT(error_of("x.onnx", "this is no protobuf"), HasSubstr("x.onnx: iree-import-onnx"));
  CompileOptions flag;
  flag.flags = {"--iree-no-such-flag"};
  EXPECT_THAT(error_of("x.mlir", mlp, flag), HasSubstr("--iree-no-such-flag"));
  CompileOptions cpu;
  cpu.target = "no-such-cpu";
  EXPECT_THAT(error_of("x.mlir", mlp, cpu), HasSubstr("--iree-llvmcpu-target-cpu=no-such-cpu"));
  CompileOptions favor;
  favor.flags = {"--iree-stream-partitioning-favor=luck"};
  EXPECT_THAT(error_of("x.mlir", mlp, favor), HasSubstr("max-concurrency"));
}

TEST_F(CompilingTest, AMissingFileAndADirectoryThatCannotBe) {
  const Result<CompiledModule> missing = compile_module(path("none.mlir"), {});
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().message, HasSubstr("none.mlir: cannot open"));
  CompileOptions options;
  options.output_dir = write("file", "") + "/out";
  const Result<CompiledModule> nowhere = compile_module(write("m.mlir", kMlp), options);
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().exit_code(), 1);
  EXPECT_THAT(nowhere.error().message, HasSubstr("file/out"));
}

// A compiler that is not there: asked in a process of its own, it is loaded only once.
TEST(CompilerApi, AMissingCompilerNamesTheSetUp) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        ::setenv("TAKT_IREE_COMPILER", "/nonexistent/libIREECompiler.so", 1);
        const Status status = load_compiler();
        if (!status) std::fputs(status.error().message.c_str(), stderr);
        std::_Exit(status ? 0 : status.error().exit_code());
      },
      ::testing::ExitedWithCode(1), "libIREECompiler.so.*./takt setup");
}

}  // namespace
}  // namespace takt::compile
