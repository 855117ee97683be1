// Where the IREE compiler wheel is: the venv that ./takt setup made. $TAKT_VENV at run
// time, else the one the build was configured with.
#pragma once

#include <string>

namespace takt::compile {

std::string venv_path();

}  // namespace takt::compile
