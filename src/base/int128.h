// 128-bit integers, for products of two 64-bit ones. GCC and Clang have them on every
// 64-bit target; `__extension__` says that we know it is not ISO C++.
#pragma once

namespace takt {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

}  // namespace takt
