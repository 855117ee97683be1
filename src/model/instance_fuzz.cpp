// Any bytes as an instance file: an error or a value that is written and read again unchanged.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/instance_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = takt::parse_instance(text, "/fuzz/input");
  if (!first.ok()) {
    CHECK(first.error().message.starts_with("/fuzz/input"));
    return 0;
  }
  const std::string written = takt::write_instance(*first);
  const auto second = takt::parse_instance(written, "/fuzz/input");
  CHECK_MSG(second.ok(), second.ok() ? "" : second.error().message.c_str());
  CHECK(takt::write_instance(*second) == written);
  CHECK(second->hash() == first->hash());
  return 0;
}
