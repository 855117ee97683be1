#include "compile/flags.h"

#include <algorithm>

#include "base/content_hash.h"
#include "base/file.h"
#include "compile/session.h"

namespace takt::compile {
namespace {

std::string name_of_flag(const std::string& flag) { return flag.substr(0, flag.find('=')); }

// The ONNX importer writes onnx operators into torch IR; --iree-input-type=auto sees torch.
bool is_onnx_import(std::string_view source) {
  return source.find("torch.onnx_meta") != std::string_view::npos ||
         source.find("\"onnx.") != std::string_view::npos;
}

// What "host" means for the compiler: the CPU's name and features.
std::string host_cpu() {
  const Result<std::string> info = read_file("/proc/cpuinfo");
  if (!info) return "";
  std::string text;
  for (const char* key : {"vendor_id", "model name", "flags", "isa", "Features"}) {
    const size_t at = info->find(std::string("\n") + key);
    if (at != std::string::npos) text += info->substr(at, info->find('\n', at + 1) - at);
  }
  return text;
}

}  // namespace

std::vector<std::string> compiler_flags(std::string_view source, const std::string& target,
                                        const std::vector<std::string>& extra) {
  std::vector<std::string> ours = {
      "--iree-hal-target-device=local",
      "--iree-hal-local-target-device-backends=llvm-cpu",
      "--iree-execution-model=async-external",
      // Direct convolutions of 3.13 run 15 times slower than im2col + matmul on DroNet at
      // 200x200 (18.5 against 1.2 ms on one core), with single dispatches of 4.6 ms.
      "--iree-global-opt-use-im2col-for-convs",
      is_onnx_import(source) ? "--iree-input-type=onnx" : "--iree-input-type=auto",
  };
  if (target == "rv64gcv") {
    ours.insert(ours.end(), {"--iree-llvmcpu-target-triple=riscv64-linux-gnu",
                             "--iree-llvmcpu-target-cpu-features=+m,+a,+f,+d,+c,+v",
                             "--iree-llvmcpu-target-abi=lp64d"});
  } else {
    ours.push_back("--iree-llvmcpu-target-cpu=" + target);
  }
  std::erase_if(ours, [&](const std::string& flag) {
    return std::any_of(extra.begin(), extra.end(), [&](const std::string& given) {
      return name_of_flag(given) == name_of_flag(flag);
    });
  });
  ours.insert(ours.end(), extra.begin(), extra.end());
  return ours;
}

std::string inputs_hash(const std::string& bytes, const std::vector<std::string>& flags) {
  std::string text = content_hash(bytes) + "\n" + compiler_version() + "\n";
  for (const std::string& flag : flags) {
    text += flag + "\n";
    if (flag == "--iree-llvmcpu-target-cpu=host") text += host_cpu() + "\n";
  }
  return content_hash(text);
}

std::string kernel_salt(const std::vector<std::string>& flags) {
  std::vector<std::string> sorted;
  for (const std::string& flag : flags)
    if (flag.rfind("--iree-input-type=", 0) != 0 && flag.rfind("--iree-execution-model=", 0) != 0)
      sorted.push_back(flag);
  std::sort(sorted.begin(), sorted.end());
  std::string salt = compiler_version();
  for (const std::string& flag : sorted) salt += "\n" + flag;
  return salt;
}

}  // namespace takt::compile
