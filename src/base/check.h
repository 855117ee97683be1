// CHECK: our own fault. Prints file, line, the condition and an optional message,
// then aborts; always on. DCHECK: the same for hot paths, on when NDEBUG is not set.
// Bad input, the OS and devices are never a CHECK: they are a Result (result.h).
#pragma once

namespace takt {

[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const char* message) noexcept;

}  // namespace takt

#define CHECK(condition) TAKT_CHECK_IMPL(condition, "")
#define CHECK_MSG(condition, message) TAKT_CHECK_IMPL(condition, message)
#define TAKT_CHECK_IMPL(condition, message)                                      \
  do {                                                                           \
    if (!(condition)) [[unlikely]]                                               \
      ::takt::check_failed(__FILE__, __LINE__, #condition, message);             \
  } while (false)

#ifdef NDEBUG
#define DCHECK(condition)           \
  do {                              \
    if (false && (condition)) {     \
    }                               \
  } while (false)
#else
#define DCHECK(condition) CHECK(condition)
#endif
