// Sleeping on a word of memory, with an absolute end on the monotonic clock.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/nanos.h"

namespace takt {

// Sleeps while `word` holds `expected`, until `until` at the latest (max(): no end). May return
// early for no reason: callers look again.
void futex_wait(const std::atomic<uint32_t>& word, uint32_t expected, Nanos until);
void futex_wake_one(std::atomic<uint32_t>& word);
void futex_wake_all(std::atomic<uint32_t>& word);

}  // namespace takt
