// compiler_flags of compile.h.
#include <algorithm>

#include "compile/compile.h"

namespace takt::compile {
namespace {

std::string name_of_flag(const std::string& flag) { return flag.substr(0, flag.find('=')); }

// The ONNX importer writes onnx operators into torch IR; --iree-input-type=auto sees torch.
bool is_onnx_import(std::string_view source) {
  return source.find("torch.onnx_meta") != std::string_view::npos ||
         source.find("\"onnx.") != std::string_view::npos;
}

}  // namespace

std::vector<std::string> compiler_flags(std::string_view source, const CompileOptions& options) {
  std::vector<std::string> ours = {
      "--iree-hal-target-device=local",
      "--iree-hal-local-target-device-backends=llvm-cpu",
      "--iree-execution-model=async-external",
      is_onnx_import(source) ? "--iree-input-type=onnx" : "--iree-input-type=auto",
  };
  if (options.target == "rv64gcv") {
    ours.insert(ours.end(), {"--iree-llvmcpu-target-triple=riscv64-linux-gnu",
                             "--iree-llvmcpu-target-cpu-features=+m,+a,+f,+d,+c,+v",
                             "--iree-llvmcpu-target-abi=lp64d"});
  } else {
    ours.push_back("--iree-llvmcpu-target-cpu=" + options.target);
  }
  std::erase_if(ours, [&](const std::string& flag) {
    return std::any_of(options.flags.begin(), options.flags.end(), [&](const std::string& given) {
      return name_of_flag(given) == name_of_flag(flag);
    });
  });
  ours.insert(ours.end(), options.flags.begin(), options.flags.end());
  return ours;
}

}  // namespace takt::compile
