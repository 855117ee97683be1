#include "app/hot_swap.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/subprocess.h"

namespace takt {
namespace {

bool same_module(const WorkloadModule& a, const WorkloadModule& b) {
  return a.name == b.name && a.path == b.path && a.function == b.function;
}

// The module as the mission runs it. Its source may have changed since; that is not asked for.
const compile::CompiledModule* running_module(const CompiledWorkload& running,
                                              const WorkloadModule& module) {
  for (size_t i = 0; i < running.workload.modules.size(); ++i)
    if (same_module(running.workload.modules[i], module)) return &running.modules[i];
  return nullptr;
}

// What a program said, without its name in front and its newline behind.
std::string message_of(std::string output) {
  while (output.ends_with('\n')) output.pop_back();
  if (output.starts_with("takt ")) output.erase(0, output.find(": ") + 2);
  return output.empty() ? "it said nothing" : output;
}

}  // namespace

HotSwap::HotSwap(MissionControl& mission, Workload workload, HotSwapOptions options)
    : mission_(mission), options_(std::move(options)) {
  state_.mode = begin_mode(workload, options_.mode);
  state_.active = *active_workload(workload, state_.mode);
  state_.whole = std::move(workload);
}

HotSwap::State HotSwap::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Workload HotSwap::workload() const { return state().active; }
std::string HotSwap::mode() const { return state().mode; }

Result<SwapOutcome> HotSwap::apply(const ControlRequest& request) {
  State next = state();
  if (request.kind == ControlRequest::Kind::kMode) {
    next.mode = request.mode;
  } else {
    TAKT_ASSIGN(next.whole, changed(next.whole, request.change));
  }
  TAKT_ASSIGN(next.active, active_workload(next.whole, next.mode));
  SwapOutcome outcome;
  const Nanos begin = monotonic_now();
  TAKT_ASSIGN(const CompiledWorkload compiled, prepare(next.active));
  outcome.prepared = monotonic_now() - begin;
  TAKT_ASSIGN(const PlannedWorkload planned, plan(compiled));
  // A mission that is asked to do less is not refused because the rest is too much.
  const bool less = request.kind == ControlRequest::Kind::kChange &&
                    request.change.kind == WorkloadChange::Kind::kRemove;
  if (!less) {
    const std::string text = objections(admission_before(), planned.admission);
    if (!text.empty()) return failed("not admitted:\n" + text + planned.diagnosis);
  }
  next.admission = planned.admission;
  outcome.planned = monotonic_now() - begin - outcome.prepared;
  if (stop_.load()) return failed("the mission ends");
  TAKT_ASSIGN(outcome.switched,
              mission_.switch_to(compiled, options_.planned ? &planned.plan : nullptr,
                                 options_.windows ? &planned.instance : nullptr));
  const std::lock_guard lock(mutex_);
  state_ = std::move(next);
  return outcome;
}

Result<PlannedWorkload> HotSwap::plan(const CompiledWorkload& compiled) const {
  TAKT_ASSIGN(const CostTable costs, read_costs(options_.db, options_.planning.host));
  return plan_workload(compiled, options_.soc, costs, options_.planning);
}

// What of the mission that runs is guaranteed. A mission that cannot be planned at all guarantees
// nothing: then every task of W' has to be.
Admission HotSwap::admission_before() {
  const State now = state();
  if (now.admission) return *now.admission;
  const Result<PlannedWorkload> planned = plan(mission_.workload());
  const Admission admission = planned ? planned->admission : Admission();
  const std::lock_guard lock(mutex_);
  state_.admission = admission;
  return admission;
}

Result<CompiledWorkload> HotSwap::prepare(const Workload& next) {
  TAKT_TRY(compile_and_measure(next));
  const CompiledWorkload running = mission_.workload();
  CompiledWorkload compiled{next, {}};
  for (const WorkloadModule& module : next.modules) {
    if (const compile::CompiledModule* known = running_module(running, module)) {
      compiled.modules.push_back(*known);
      continue;
    }
    Workload alone;
    alone.name = next.name;
    alone.modules = {module};
    TAKT_ASSIGN(const CompiledWorkload loaded, compile_workload(alone, options_.module_dir));
    compiled.modules.push_back(loaded.modules.front());
  }
  return compiled;
}

Status HotSwap::compile_and_measure(const Workload& next) {
  const CompiledWorkload running = mission_.workload();
  Workload to_prepare = next;
  for (WorkloadModule& module : to_prepare.modules)
    if (const compile::CompiledModule* known = running_module(running, module))
      module.path = std::filesystem::absolute(known->vmfb_path).string();
  TAKT_TRY(make_directories(options_.module_dir));
  const std::string path =
      options_.module_dir + "/change-" + std::to_string(::getpid()) + ".yaml";
  TAKT_TRY(write_file(path, write_workload(to_prepare)));
  std::vector<std::string> command = options_.prepare_command;
  command.push_back(path);
  const Result<SubprocessResult> ran =
      run_program(command, {options_.prepare_time, &stop_});
  ::unlink(path.c_str());
  TAKT_TRY(ran);
  if (ran->status == 0) return {};
  const std::string message = "cannot be prepared: " + message_of(ran->output);
  return ran->status == 2 ? bad_input(message) : failed(message);
}

}  // namespace takt
