#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace takt {

void check_failed(const char* file, int line, const char* condition,
                  const char* message) noexcept {
  std::fprintf(stderr, "takt: internal error at %s:%d: %s%s%s\n", file, line, condition,
               *message ? ": " : "", message);
  std::abort();
}

}  // namespace takt
