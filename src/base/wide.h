// 128-bit integers, a compiler extension: for products of two 64-bit values.
#pragma once

namespace takt {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

}  // namespace takt
