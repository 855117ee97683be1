#include "cli/host_check.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/quantile.h"
#include "compile/compiler_api.h"
#include "compile/venv.h"
#include "solve/exact/cpsat_library.h"

namespace takt {
namespace {

using State = Finding::State;

// First line of a file of /proc or /sys; empty when it is not there.
std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

Finding check_program(const std::string& program, const char* what_for) {
  const std::string path = compile::venv_path() + "/bin/" + program;
  if (::access(path.c_str(), X_OK) == 0) return {"installed", program, path, State::kGood, ""};
  return {"installed", program, "missing", State::kCaution,
          std::string(what_for) + "; ./takt setup brings it"};
}

Finding check_compiler() {
  const Status loaded = compile::load_compiler();
  if (!loaded)
    return {"installed", "IREE compiler", "missing", State::kMissing, loaded.error().message};
  return {"installed", "IREE compiler",
          std::string(compile::compiler_api().ireeCompilerGetRevision()) + ", " +
              compile::compiler_library_path(),
          State::kGood, ""};
}

Finding check_exact_engine() {
  const auto library = exact::CpSatLibrary::open();
  if (library)
    return {"installed", "CP-SAT (optional)", exact::CpSatLibrary::default_path(), State::kGood,
            ""};
  return {"installed", "CP-SAT (optional)", "missing", State::kCaution,
          "plans are made without the exact engine: " + library.error().message};
}

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

Finding check_cpus() {
  const size_t usable = allowed_cpus().size();
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  Finding finding{"host", "usable CPUs",
                  std::to_string(usable) + " of " + std::to_string(online) + " online",
                  State::kGood, ""};
  if (static_cast<long>(usable) < online)
    finding.advice = "the others are kept from this process by taskset, a cpuset or a container";
  if (usable < 2) {
    finding.state = State::kCaution;
    finding.advice = "one CPU runs lanes, timers and the rest of the system; use at least two";
  }
  return finding;
}

Finding check_smt() {
  const std::string active = first_line("/sys/devices/system/cpu/smt/active");
  if (active == "1")
    return {"host", "SMT", "on", State::kCaution,
            "threads of one core slow each other down; takt uses one thread per core, what else "
            "runs on the other still disturbs it: echo off > /sys/devices/system/cpu/smt/control"};
  return {"host", "SMT", active == "0" ? "off" : "not reported", State::kGood, ""};
}

// Tried, not guessed: capabilities, limits, cgroups and containers all have a say.
Finding check_realtime() {
  int error = 0;
  std::thread([&error] {
    const sched_param param{1};
    error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
  }).join();
  if (error == 0)
    return {"host", "real-time priority", "permitted (SCHED_FIFO)", State::kGood, ""};
  return {"host", "real-time priority", std::string("not permitted: ") + std::strerror(error),
          State::kCaution,
          "any other thread may delay a lane; run as root, or add 'rtprio 90' for your user to "
          "/etc/security/limits.conf, or: sudo setcap cap_sys_nice+ep on the takt program"};
}

bool kernel_is_at_least(int major, int minor) {
  utsname name{};
  ::uname(&name);
  int is_major = 0, is_minor = 0;
  if (std::sscanf(name.release, "%d.%d", &is_major, &is_minor) != 2) return false;
  return is_major > major || (is_major == major && is_minor >= minor);
}

// Until Linux 6.11 real-time threads together are stopped for the rest of each period; since 6.12 a
// deadline server gives ordinary threads that starve 50 ms of each second instead, whatever
// sched_rt_runtime_us says (53 to 54 ms measured on 6.18).
Finding check_rt_throttling() {
  if (kernel_is_at_least(6, 12))
    return {"host", "real-time throttling", "by the fair server (Linux 6.12 and later)",
            State::kGood,
            "a lane that never sleeps while ordinary threads wait for its cpu stands still for "
            "50 ms of each second; keep other work off the lanes' cpus (isolcpus), or: echo 0 > "
            "/sys/kernel/debug/sched/fair_server/cpuN/runtime"};
  const std::string runtime = first_line("/proc/sys/kernel/sched_rt_runtime_us");
  const std::string period = first_line("/proc/sys/kernel/sched_rt_period_us");
  if (runtime.empty()) return {"host", "real-time throttling", "not reported", State::kGood, ""};
  if (runtime == "-1") return {"host", "real-time throttling", "off", State::kGood, ""};
  return {"host", "real-time throttling", runtime + " of " + period + " us", State::kGood,
          "real-time threads are stopped for the rest of the period when they never sleep: "
          "sysctl kernel.sched_rt_runtime_us=-1 turns that off"};
}

Finding check_preemption() {
  utsname name{};
  ::uname(&name);
  const bool rt = first_line("/sys/kernel/realtime") == "1";
  const char* preemption = rt                                    ? ", PREEMPT_RT"
                           : std::strstr(name.version, "PREEMPT") ? ", preemptible"
                                                                  : ", not preemptible";
  Finding finding{"host", "kernel", std::string(name.release) + preemption, State::kGood, ""};
  if (!rt) finding.advice = "a PREEMPT_RT kernel bounds how long the kernel delays a lane";
  return finding;
}

Finding check_timer_slack() {
  const int slack_ns = ::prctl(PR_GET_TIMERSLACK);
  return {"host", "timer slack", std::to_string(slack_ns) + " ns", State::kGood,
          slack_ns > 1000 ? "timers of ordinary threads may fire this much late; real-time threads "
                            "have none"
                          : ""};
}

Finding check_governor() {
  std::set<std::string> governors;
  for (const int cpu : allowed_cpus()) {
    const std::string governor = first_line("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                                            "/cpufreq/scaling_governor");
    if (!governor.empty()) governors.insert(governor);
  }
  if (governors.empty())
    return {"host", "cpufreq governor", "none (fixed by firmware or hypervisor)", State::kGood, ""};
  std::string value;
  for (const std::string& governor : governors) value += (value.empty() ? "" : ", ") + governor;
  if (value == "performance") return {"host", "cpufreq governor", value, State::kGood, ""};
  return {"host", "cpufreq governor", value, State::kCaution,
          "costs measured at one speed do not hold at another: cpupower frequency-set -g "
          "performance"};
}

Finding check_isolated() {
  const std::string cpus = first_line("/sys/devices/system/cpu/isolated");
  if (!cpus.empty()) return {"host", "isolated CPUs", cpus, State::kGood, ""};
  return {"host", "isolated CPUs", "none", State::kGood,
          "the kernel may put any thread on a lane's CPU; isolcpus= on the kernel command line "
          "keeps some for takt"};
}

Finding check_memory_lock() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur == RLIM_INFINITY)
    return {"host", "memory lock limit", "unlimited", State::kGood, ""};
  constexpr rlim_t kEnough = rlim_t{1} << 30;
  return {"host", "memory lock limit", std::to_string(limit.rlim_cur >> 10) + " KiB",
          limit.rlim_cur < kEnough ? State::kCaution : State::kGood,
          limit.rlim_cur < kEnough ? "memory above it may be paged out under a running kernel: "
                                     "add 'memlock unlimited' to /etc/security/limits.conf"
                                   : ""};
}

Finding check_virtual_machine() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("flags") && line.find(" hypervisor") != line.npos)
      return {"host", "virtual machine", "yes", State::kCaution,
              "the hypervisor may stop any CPU at any time, which no setting in here can prevent"};
  return {"host", "virtual machine", "not seen", State::kGood, ""};
}

// How late an absolute timer fires in an ordinary thread.
Finding check_timer_overshoot() {
  constexpr int kSamples = 250;
  std::vector<int64_t> late_ns;
  Nanos due = monotonic_now();
  for (int i = 0; i < kSamples; ++i) {
    due = std::max(due, monotonic_now()) + millis(1);
    const timespec until{due.ns / 1'000'000'000, due.ns % 1'000'000'000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
    late_ns.push_back((monotonic_now() - due).ns);
  }
  std::sort(late_ns.begin(), late_ns.end());
  const std::span<const int64_t> sorted(late_ns);
  const auto us = [](int64_t ns) { return std::to_string((ns + 500) / 1000) + " us"; };
  const int64_t p99 = quantile(sorted, 990);
  return {"host", "timer overshoot",
          "median " + us(quantile(sorted, 500)) + ", p99 " + us(p99) + ", max " +
              us(late_ns.back()),
          p99 > 1'000'000 ? State::kCaution : State::kGood,
          p99 > 1'000'000 ? "releases will be late by this much: other load is running, or the "
                            "hypervisor takes the CPU away"
                          : ""};
}

}  // namespace

const char* name_of(Finding::State state) {
  switch (state) {
    case State::kGood: return "good";
    case State::kCaution: return "caution";
    case State::kMissing: return "missing";
  }
  return "";
}

std::vector<Finding> check_installation() {
  return {check_compiler(), check_program("iree-import-onnx", ".onnx files cannot be compiled"),
          check_program("iree-compile", "the HAL conformance suite cannot be built"),
          check_exact_engine()};
}

std::vector<Finding> check_host() {
  return {check_cpus(),        check_smt(),         check_realtime(), check_rt_throttling(),
          check_preemption(),  check_timer_slack(), check_governor(), check_isolated(),
          check_memory_lock(), check_virtual_machine(), check_timer_overshoot()};
}

}  // namespace takt
