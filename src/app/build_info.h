// What this program was built from.
#pragma once

namespace takt {

inline constexpr char kTaktVersion[] = "0.1.0";

}  // namespace takt
