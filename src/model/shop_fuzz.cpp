// Any bytes as a published instance, of the format that the first byte picks: an error with
// a line, or an instance that passes check_instance.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/shop_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const char* const kPaths[] = {"/fuzz/input.fjs", "/fuzz/input.jsp", "/fuzz/input.txt"};
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const char* const path = kPaths[data[0] % 3];
  const auto instance = takt::parse_shop(text.substr(1), path);
  if (instance.ok())
    CHECK(takt::check_instance(*instance).ok());
  else
    CHECK(instance.error().message.starts_with(std::string(path) + ':'));
  return 0;
}
