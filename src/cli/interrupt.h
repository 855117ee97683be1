// Ctrl-C asks a long command to stop after what it is doing; a second one ends it.
#pragma once

#include <atomic>

namespace takt {

// Set by the first SIGINT or SIGTERM from now on. The second has its default effect.
const std::atomic<bool>& stop_on_interrupt();

}  // namespace takt
