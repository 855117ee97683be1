#include "solve/exact/cpsat_library.h"

#include <dlfcn.h>

#include <cstdlib>

namespace takt::exact {

std::string CpSatLibrary::default_path() {
  const char* path = std::getenv("TAKT_CPSAT");
  return path != nullptr ? path : "";
}

Result<CpSatLibrary> CpSatLibrary::open(const std::string& path) {
  constexpr const char* kAdvice = "; ./takt setup brings OR-Tools, TAKT_CPSAT names its library";
  if (path.empty()) return failed(std::string("no CP-SAT: TAKT_CPSAT is not set") + kAdvice);
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return failed("no CP-SAT: " + std::string(::dlerror()) + kAdvice);
  CpSatLibrary api;
  const char* missing = nullptr;
  const auto bind = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(
        ::dlsym(library, name));
    if (function == nullptr) missing = name;
  };
  bind(api.new_env_, "SolveCpNewEnv");
  bind(api.destroy_env_, "SolveCpDestroyEnv");
  bind(api.stop_search_, "SolveCpStopSearch");
  bind(api.solve_, "SolveCpInterruptible");
  if (missing != nullptr)
    return failed("no CP-SAT: " + path + ": has no function " + missing + kAdvice);
  return api;
}

std::string CpSatLibrary::solve(const Env& env, const std::string& model,
                                const std::string& parameters) const {
  void* response = nullptr;
  int size = 0;
  solve_(env.get(), model.data(), static_cast<int>(model.size()), parameters.data(),
         static_cast<int>(parameters.size()), &response, &size);
  std::string bytes(static_cast<const char*>(response), static_cast<size_t>(size));
  std::free(response);   // the library allocates it with malloc and gives it away
  return bytes;
}

}  // namespace takt::exact
