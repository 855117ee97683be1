// ContentHash: 128-bit XXH3 of bytes, as 32 lower-case hex digits. Names kernels,
// executables and files by what they contain. Not cryptographic: it guards against
// mistakes (yesterday's plan), not against an adversary.
#pragma once

#include <string>
#include <string_view>

namespace takt {

std::string content_hash(std::string_view bytes);

}  // namespace takt
