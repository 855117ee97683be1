// overhead: what a driver adds to a dispatch and to a call. Chains of 40 and 320 tiny
// dispatches (a 4x4 matrix times a vector, each depending on the one before, all in
// one command buffer) on every driver, interleaved. With medians T40 and T320:
//   per_dispatch = (T320 - T40) / 280      per_call = T40 - 40 * per_dispatch
// Both include the kernel's own work (a few ns), the same for all.
#include <memory>
#include <string>

#include "app/session.h"
#include "base/file.h"
#include "bench/measure.h"
#include "bench/suites.h"
#include "compile/compile.h"

namespace takt::bench {
namespace {

constexpr int kShort = 40;
constexpr int kLong = 320;

std::string chain_mlir(int dispatches) {
  std::string text =
      "func.func @main(%x0: tensor<1x4xf32>, %w: tensor<4x4xf32>) -> tensor<1x4xf32> {\n"
      "  %zero = arith.constant 0.0 : f32\n"
      "  %empty = tensor.empty() : tensor<1x4xf32>\n"
      "  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x4xf32>)"
      " -> tensor<1x4xf32>\n";
  for (int i = 0; i < dispatches; ++i)
    text += "  %x" + std::to_string(i + 1) + " = linalg.matmul ins(%x" + std::to_string(i) +
            ", %w : tensor<1x4xf32>, tensor<4x4xf32>)"
            " outs(%init : tensor<1x4xf32>) -> tensor<1x4xf32>\n";
  return text + "  return %x" + std::to_string(dispatches) + " : tensor<1x4xf32>\n}\n";
}

Result<std::string> compile_chain(int dispatches, const std::string& dir) {
  const std::string source = dir + "/chain" + std::to_string(dispatches) + ".mlir";
  TAKT_TRY(make_directories(dir));
  TAKT_TRY(write_file(source, chain_mlir(dispatches)));
  compile::CompileOptions options;
  options.output_dir = dir;
  TAKT_ASSIGN(const compile::CompiledModule compiled, compile::compile_module(source, options));
  return compiled.vmfb_path;
}

struct Driver {
  std::string name;
  std::shared_ptr<Device> device;
};

Result<std::vector<Driver>> drivers() {
  std::vector<Driver> all;
  for (int lanes : {1, 2}) {
    DeviceOptions options;
    options.lanes = lanes;
    TAKT_ASSIGN(std::shared_ptr<Device> device, Device::create_takt(options));
    all.push_back({"takt-" + std::to_string(lanes), std::move(device)});
  }
  for (const char* name : {"local-sync", "local-task?workers=1", "local-task?workers=2"}) {
    TAKT_ASSIGN(std::shared_ptr<Device> device, Device::create_stock(name));
    all.push_back({name, std::move(device)});
  }
  return all;
}

struct Chain {
  std::unique_ptr<Session> session;
  std::unique_ptr<Call> call;
};

Result<std::vector<Contender>> contenders_for(const std::string& vmfb,
                                              const std::vector<Driver>& all,
                                              std::vector<Chain>& chains) {
  std::vector<Contender> contenders;
  for (const Driver& driver : all) {
    Chain chain;
    TAKT_ASSIGN(chain.session, Session::create(driver.device, {vmfb}));
    TAKT_ASSIGN(chain.call, Call::create(*chain.session, "main", 1));
    contenders.push_back({driver.name, [call = chain.call.get()] { return call->run(); }, {}});
    chains.push_back(std::move(chain));
  }
  return contenders;
}

}  // namespace

Result<nlohmann::json> overhead(const Options& options) {
  const int rounds = options.rounds > 0 ? options.rounds : 60;
  TAKT_ASSIGN(const std::string short_vmfb, compile_chain(kShort, options.work_dir));
  TAKT_ASSIGN(const std::string long_vmfb, compile_chain(kLong, options.work_dir));
  TAKT_ASSIGN(const std::vector<Driver> all, drivers());
  std::vector<Chain> chains;
  TAKT_ASSIGN(std::vector<Contender> short_runs, contenders_for(short_vmfb, all, chains));
  TAKT_ASSIGN(std::vector<Contender> long_runs, contenders_for(long_vmfb, all, chains));
  for (int round = 0; round < rounds; ++round) {
    TAKT_TRY(interleave(short_runs, 1, 20, 10));
    TAKT_TRY(interleave(long_runs, 1, 20, 10));
  }

  nlohmann::json report{{"suite", "overhead"}, {"machine", machine()}, {"rounds", rounds}};
  for (size_t i = 0; i < all.size(); ++i) {
    const double short_ns = static_cast<double>(median(short_runs[i].samples).ns);
    const double long_ns = static_cast<double>(median(long_runs[i].samples).ns);
    const double per_dispatch = (long_ns - short_ns) / (kLong - kShort);
    report["per_dispatch_ns"][all[i].name] = per_dispatch;
    report["per_call_ns"][all[i].name] = short_ns - kShort * per_dispatch;
    report["call_40_ns"][all[i].name] = short_ns;
    report["call_320_ns"][all[i].name] = long_ns;
  }
  const auto ratio = [&](const char* figure, const char* ours, const char* theirs) {
    return report[figure][ours].get<double>() / report[figure][theirs].get<double>();
  };
  const double dispatch = ratio("per_dispatch_ns", "takt-1", "local-task?workers=1");
  const double call_1 = ratio("per_call_ns", "takt-1", "local-task?workers=1");
  const double call_2 = ratio("per_call_ns", "takt-2", "local-task?workers=2");
  report["checks"] = {
      {{"figure", "per_dispatch takt-1 / local-task-1"}, {"value", dispatch}, {"goal", 0.8},
       {"met", dispatch <= 0.8}},
      {{"figure", "per_call takt-1 / local-task-1"}, {"value", call_1}, {"goal", 0.5},
       {"met", call_1 <= 0.5}},
      {{"figure", "per_call takt-2 / local-task-2"}, {"value", call_2}, {"goal", 0.5},
       {"met", call_2 <= 0.5}}};
  return report;
}

}  // namespace takt::bench
