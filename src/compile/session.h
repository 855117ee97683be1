// Session: one IREE compiler session (flags, MLIR context). Module: IR owned by us between
// phases. A phase runs in an invocation of its own that takes the module and gives it back.
//
// A module must not outlive its session. Not thread-safe; one session per thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compile/ir.h"

namespace takt::compile {

class Module {
 public:
  Module() = default;
  explicit Module(Op op) : op_(op) {}
  Module(Module&& other) noexcept : op_(other.release()) {}
  Module& operator=(Module&& other) noexcept;
  ~Module();

  Op op() const { return op_; }
  Op release();

 private:
  Op op_;
};

class Session {
 public:
  // Loads the compiler if need be. kUsage if it does not know one of the flags.
  static Result<Session> create(const std::vector<std::string>& flags);

  // `name` stands in the diagnostics' locations. kUsage with the diagnostics on bad syntax.
  Result<Module> parse(std::string_view source_text, const std::string& name);

  // Runs the phases after `from` up to and including `to`; from "" starts at the input.
  // kFailed with the diagnostics if the compiler gives up; the module is lost then.
  Result<Module> run(Module module, const char* from, const char* to);

  // The .vmfb of a module that went through phase "end".
  Result<std::string> vm_bytecode(Module module);

 private:
  struct Deleter { void operator()(IreeSession* session) const; };
  explicit Session(IreeSession* session) : session_(session) {}
  std::unique_ptr<IreeSession, Deleter> session_;
  std::string source_name_;
  std::string favor_;  // of --iree-stream-partitioning-favor
};

// The compiler's revision, "3.13.0" style if it says so. REQUIRES: load_compiler() succeeded
std::string compiler_version();

}  // namespace takt::compile
