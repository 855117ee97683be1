#include "cost/host.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

constexpr char kX86[] =
    "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n"
    "model name\t: Some CPU @ 2.70GHz\nstepping\t: 8\ncpu MHz\t\t: 2699.998\n"
    "flags\t\t: fpu sse2\nbogomips\t: 5399.99\n\n"
    "processor\t: 1\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n"
    "model name\t: Some CPU @ 2.70GHz\nstepping\t: 8\ncpu MHz\t\t: 1200.000\n"
    "flags\t\t: fpu sse2\nbogomips\t: 5399.99\n\n";

std::string replace(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string fingerprint(const std::string& cpuinfo, int cpus = 2) {
  return identify_host("x86_64", cpus, cpuinfo, "").fingerprint;
}

TEST(Host, SaysWhatItIs) {
  const Host host = identify_host("x86_64", 2, kX86, "");
  EXPECT_EQ(host.fingerprint.rfind("x86_64-2cpu-", 0), 0u) << host.fingerprint;
  EXPECT_EQ(host.fingerprint.size(), 12u + 16u);
  EXPECT_EQ(host.description, "Some CPU @ 2.70GHz, 2 CPUs");
}

TEST(Host, IgnoresFrequencyFlagsAndWhichCpusAreOnline) {
  const std::string base = fingerprint(kX86);
  EXPECT_EQ(fingerprint(replace(kX86, "2699.998", "800.000")), base);
  EXPECT_EQ(fingerprint(replace(kX86, "fpu sse2", "fpu sse2 new_flag")), base);
  EXPECT_EQ(fingerprint(replace(kX86, "5399.99", "5400.01")), base);
  const std::string text = kX86;
  EXPECT_EQ(fingerprint(text.substr(0, text.find("processor\t: 1"))), base);
}

TEST(Host, ChangesWithTheHardware) {
  const std::string base = fingerprint(kX86);
  EXPECT_NE(fingerprint(replace(kX86, "model\t\t: 143", "model\t\t: 144")), base);
  EXPECT_NE(fingerprint(kX86, 4), base);
  EXPECT_NE(identify_host("x86_64", 2, kX86, "Board").fingerprint, base);
  EXPECT_NE(identify_host("aarch64", 2, kX86, "").fingerprint, base);
}

TEST(Host, TellsKindsOfArmCoresApart) {
  const std::string little = "processor: 0\nCPU implementer: 0x41\nCPU part: 0xd05\n\n";
  const std::string big = "processor: 4\nCPU implementer: 0x41\nCPU part: 0xd0b\n\n";
  const auto id = [](const std::string& text) {
    return identify_host("aarch64", 8, text, std::string_view("Some Board\0", 11));
  };
  EXPECT_NE(id(little + big).fingerprint, id(little).fingerprint);
  EXPECT_EQ(id(little + big).fingerprint, id(big + little + little).fingerprint);
  EXPECT_EQ(id(little).description, "Some Board, 8 CPUs");
}

TEST(Host, OfThisMachineIsStable) {
  EXPECT_EQ(host_fingerprint(), host_fingerprint());
  EXPECT_FALSE(this_host().description.empty());
}

TEST(Host, WorksWithoutCpuinfo) {
  const Host host = identify_host("riscv64", 1, "", "");
  EXPECT_EQ(host.description, "riscv64, 1 CPU");
}

}  // namespace
}  // namespace takt
