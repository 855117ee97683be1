// Any bytes as a plan file: an error or a value that is written and read again unchanged, and
// that verify can judge.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/plan.h"
#include "model/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = takt::parse_plan(text, "/fuzz/input");
  if (!first.ok()) {
    CHECK(first.error().message.starts_with("/fuzz/input"));
    return 0;
  }
  const std::string written = takt::write_plan(*first);
  const auto second = takt::parse_plan(written, "/fuzz/input");
  CHECK_MSG(second.ok(), second.ok() ? "" : second.error().message.c_str());
  CHECK(takt::write_plan(*second) == written);
  // A plan that can be read can be judged, whatever it says.
  const std::vector<takt::DispatchGraph> graphs(first->modules.size());
  (void)takt::verify(*first, graphs);
  return 0;
}
