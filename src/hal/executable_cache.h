// The executable cache of a takt device: IREE's local cache, plus the hash of every
// executable's bytes for plan matching.
#pragma once

#include "iree/hal/api.h"

namespace takt {

struct HalDevice;

iree_status_t create_executable_cache(HalDevice* device, iree_string_view_t identifier,
                                      iree_hal_executable_cache_t** out_cache);

}  // namespace takt
