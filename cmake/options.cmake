# What can be chosen at configure time.
set(TAKT_IREE_PREFIX "" CACHE PATH "Install prefix of the IREE runtime (./takt setup builds it)")
set(TAKT_IREE_SOURCE "" CACHE PATH "IREE source tree the runtime was built from (for the HAL CTS)")
set(TAKT_VENV "" CACHE PATH "Python venv with the IREE compiler wheel (./takt setup makes it)")
set(TAKT_SANITIZE "" CACHE STRING "Sanitizers for our code, as for -fsanitize=")
option(TAKT_IREE "Build what links the IREE runtime; OFF: only the rooms below it (sanitizers)" ON)
set(TAKT_TEST_ROOMS "" CACHE STRING "Only the tests of these rooms, and what they need; empty: all")
option(TAKT_WERROR "Warnings are errors" OFF)
option(TAKT_FUZZ "Build the *_fuzz.cpp fuzzers (needs clang) and no other tests" OFF)
set(TAKT_FUZZ_SECONDS 60 CACHE STRING "How long the test of each fuzzer runs")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

add_library(takt_flags INTERFACE)
target_include_directories(takt_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(takt_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
  # gcc 12 sees ghosts in std::string (PR 105651)
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(TAKT_WERROR)
  target_compile_options(takt_flags INTERFACE -Werror)
endif()
if(TAKT_SANITIZE)
  target_compile_options(takt_flags INTERFACE -fsanitize=${TAKT_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(takt_flags INTERFACE -fsanitize=${TAKT_SANITIZE})
endif()
