#include "bench/robot_case.h"

#include "app/build_info.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "compile/venv.h"
#include "model/instance_file.h"

namespace takt::bench {

std::string RobotCase::name() const {
  return "robot-" + std::to_string(ops) + '-' + std::to_string(load_pct) +
         (fixed_width ? "-w" + std::to_string(fixed_width) : "") +
         (committed_pct ? "-c" + std::to_string(committed_pct) : "") +
         (seed != 1 ? "-s" + std::to_string(seed) : "") + (periodic ? "-periodic" : "");
}

Result<Instance> generate(const RobotCase& which, const Options& options) {
  const std::string dir = options.work_dir + "/robot-instances";
  const std::string path = dir + '/' + which.name() + ".json";
  TAKT_TRY(make_directories(dir));
  std::vector<std::string> command = {
      compile::venv_path() + "/bin/python", source_dir() + "/examples/instances/robot.py", "-o",
      path, "--ops", std::to_string(which.ops), "--load", std::to_string(which.load_pct),
      "--fixed-width", std::to_string(which.fixed_width), "--committed",
      std::to_string(which.committed_pct / 100.0), "--seed", std::to_string(which.seed)};
  if (which.periodic) command.push_back("--periodic");
  TAKT_ASSIGN(const SubprocessResult made, run_program(command));
  if (made.status != 0) return failed("examples/instances/robot.py: " + made.output);
  return read_instance(path);
}

Result<SimCase> planned_robot(int load_pct, const Options& options) {
  RobotCase robot{.ops = 180, .load_pct = load_pct};
  robot.periodic = true;
  SimCase made;
  TAKT_ASSIGN(made.instance, generate(robot, options));
  SimPlanOptions planning;
  planning.solve.steps = 20'000;
  TAKT_TRY(add_plan(planning, made));
  return made;
}

}  // namespace takt::bench
