# Libraries from Debian and the IREE runtime from TAKT_IREE_PREFIX.
find_package(Threads REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(TBB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hwloc REQUIRED IMPORTED_TARGET hwloc)
add_library(hwloc::hwloc ALIAS PkgConfig::hwloc)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
add_library(xxhash::xxhash ALIAS PkgConfig::xxhash)

if(TAKT_IREE)
  if(NOT EXISTS "${TAKT_IREE_PREFIX}/lib/cmake/IREE")
    message(FATAL_ERROR
      "TAKT_IREE_PREFIX='${TAKT_IREE_PREFIX}' has no IREE runtime: run ./takt setup")
  endif()
  find_package(IREERuntime REQUIRED CONFIG PATHS ${TAKT_IREE_PREFIX}/lib/cmake/IREE NO_DEFAULT_PATH)

  # The parts of the IREE runtime that takt links.
  add_library(takt_iree INTERFACE)
  target_link_libraries(takt_iree INTERFACE iree_runtime_unified)
endif()
