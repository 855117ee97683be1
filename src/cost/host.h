// Which machine a cost was measured on.
//
// The fingerprint is "<arch>-<cpus>cpu-<16 hex digits>". The digits are a hash over
//   - the architecture and the number of CPUs the machine has (present, not online and
//     not only those this process may use);
//   - what identifies the cores: on x86 vendor, family, model, stepping, model name; on
//     Arm implementer, part, variant, revision; on RISC-V mvendorid, marchid, mimpid,
//     uarch; each distinct kind of core once;
//   - the board's name where the device tree has one (same SoC, other memory).
// It leaves out what changes without the hardware changing: current frequency, governor,
// microcode, bogomips, feature flags (a new kernel adds names), kernel version, memory
// in use. So it survives reboots and updates. Two boards of one type share it: their
// costs are comparable, and a fleet measures once.
#pragma once

#include <string>
#include <string_view>

namespace takt {

struct Host {
  std::string fingerprint;
  std::string description;    // for people: "Intel(R) Xeon(R) ..., 4 CPUs"
};

// The pure part: `cpuinfo` is the text of /proc/cpuinfo, `board` may be empty.
Host identify_host(std::string_view arch, int cpus, std::string_view cpuinfo,
                   std::string_view board);

// This machine.
Host this_host();
std::string host_fingerprint();

}  // namespace takt
