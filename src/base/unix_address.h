// The address of a unix domain socket.
#pragma once

#include <sys/un.h>

#include <string>

#include "base/result.h"

namespace takt {

// kUsage: a path that is empty or longer than an address holds (107 bytes).
Result<sockaddr_un> unix_address(const std::string& path);

}  // namespace takt
