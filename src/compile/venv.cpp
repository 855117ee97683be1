#include "compile/venv.h"

#include <cstdlib>

#ifndef TAKT_VENV_DEFAULT
#define TAKT_VENV_DEFAULT ""
#endif

namespace takt::compile {

std::string venv_path() {
  const char* path = std::getenv("TAKT_VENV");
  return path ? path : TAKT_VENV_DEFAULT;
}

}  // namespace takt::compile
