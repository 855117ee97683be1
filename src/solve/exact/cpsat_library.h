// libortools' C interface to CP-SAT: four functions over serialized messages. OR-Tools is
// optional; the wheel ships the library without headers, so the declarations are ours.
//
// The library is opened with dlopen and never closed: its threads and registries outlive
// any scope.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace takt::exact {

class CpSatLibrary {
 public:
  // $TAKT_CPSAT (./takt sets it), or nothing.
  static std::string default_path();
  // kFailed when `path` is empty, is no such library, or lacks a function; the text says how
  // to get it. Any thread.
  static Result<CpSatLibrary> open(const std::string& path = default_path());

  // The state of one solve: what stop_search() reaches.
  using Env = std::unique_ptr<void, void (*)(void*)>;
  Env new_env() const { return Env(new_env_(), destroy_env_); }

  // Solves a serialized CpModelProto under SatParameters: a serialized CpSolverResponse.
  // REQUIRES: both are well-formed (the library aborts on others). Blocks.
  std::string solve(const Env& env, const std::string& model, const std::string& parameters) const;
  // From any thread while `env` lives; before solve() it makes solve() return at once.
  void stop_search(const Env& env) const { stop_search_(env.get()); }

 private:
  CpSatLibrary() = default;

  void* (*new_env_)() = nullptr;
  void (*destroy_env_)(void*) = nullptr;
  void (*stop_search_)(void*) = nullptr;
  void (*solve_)(void* env, const void* model, int model_size, const void* parameters,
                 int parameters_size, void** response, int* response_size) = nullptr;
};

}  // namespace takt::exact
