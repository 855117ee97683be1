#include "compile/compiler_api.h"

#include <dlfcn.h>
#include <glob.h>
#include <unistd.h>

#include <cstdlib>

#include "compile/venv.h"

namespace takt::compile {
namespace {

CompilerApi g_api;
bool g_loaded = false;

Status open_library() {
  const std::string path = compiler_library_path();
  if (path.empty())
    return failed("the IREE compiler was not found in the venv '" + venv_path() +
                  "'; run ./takt setup, or set TAKT_IREE_COMPILER to libIREECompiler.so");
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return failed(path + ": cannot open the IREE compiler: " + ::dlerror() +
                  "; run ./takt setup, or set TAKT_IREE_COMPILER to libIREECompiler.so");
#define TAKT_LOOK_UP(type, name, arguments)                                                \
  g_api.name = reinterpret_cast<type(*) arguments>(::dlsym(library, #name));               \
  if (!g_api.name)                                                                         \
    return failed(path + ": has no function " #name " (not IREE 3.13?); run ./takt setup");
  TAKT_COMPILER_FUNCTIONS(TAKT_LOOK_UP)
#undef TAKT_LOOK_UP
  g_api.ireeCompilerGlobalInitialize();
  g_loaded = true;
  return {};
}

}  // namespace

std::string compiler_library_path() {
  if (const char* path = std::getenv("TAKT_IREE_COMPILER")) return path;
  const std::string pattern = venv_path() +
                              "/lib/python3*/site-packages/iree/compiler/_mlir_libs/"
                              "libIREECompiler.so";
  glob_t found{};
  std::string path;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0 && found.gl_pathc > 0)
    path = found.gl_pathv[0];
  ::globfree(&found);
  return path;
}

Status load_compiler() {
  static const Status outcome = open_library();
  return outcome;
}

const CompilerApi& compiler_api() {
  CHECK_MSG(g_loaded, "load_compiler() comes first");
  return g_api;
}

}  // namespace takt::compile
