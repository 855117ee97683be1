# takt_room(name DEPS rooms... LIBS libraries...): static library takt_<name> of src/<name>,
# test program <name>_test, micro benchmark <name>_bench, fuzzers (see takt_fuzzer).
function(takt_room name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  set(dir ${PROJECT_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cpp)
  set(tests ${sources})
  set(benches ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cpp$")
  set(library_only ${TAKT_FUZZ})
  if(TAKT_TEST_ROOMS AND NOT name IN_LIST TAKT_TEST_ROOMS)
    set(library_only ON)
    set(fuzzers)
  endif()

  list(TRANSFORM ARG_DEPS PREPEND takt_ OUTPUT_VARIABLE deps)
  if(sources)
    add_library(takt_${name} STATIC ${sources})
    set_target_properties(takt_${name} PROPERTIES EXCLUDE_FROM_ALL ${library_only})
    set(scope PUBLIC)
  else()
    add_library(takt_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(takt_${name} ${scope} takt_flags ${deps} ${ARG_LIBS})

  if(tests AND NOT library_only)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE takt_${name}
      GTest::gtest GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE TAKT_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
      TAKT_VENV="${TAKT_VENV}")
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
      PROPERTIES LABELS unit TIMEOUT 300)
  endif()
  # A sanitized benchmark measures nothing; the tests cover what it calls.
  if(benches AND NOT library_only AND NOT TAKT_SANITIZE)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE takt_${name}
      benchmark::benchmark benchmark::benchmark_main)
    target_compile_definitions(${name}_bench PRIVATE TAKT_VENV="${TAKT_VENV}")
    add_test(NAME ${name}.bench_once COMMAND ${name}_bench --benchmark_min_time=0.0001)
    set_tests_properties(${name}.bench_once PROPERTIES LABELS bench TIMEOUT 300)
  endif()
  foreach(file ${fuzzers})
    takt_fuzzer(${name} ${file})
  endforeach()
endfunction()

# takt_fuzzer(room file): with TAKT_FUZZ a libFuzzer program, run for TAKT_FUZZ_SECONDS by the
# test fuzz.<file>; without, a program that replays the seeds of src/<room>/seeds/<file>/ and
# mutations of them as a unit test.
function(takt_fuzzer room file)
  get_filename_component(fuzzer ${file} NAME_WE)
  set(seeds ${PROJECT_SOURCE_DIR}/src/${room}/seeds/${fuzzer})
  if(TAKT_FUZZ)
    add_executable(${fuzzer} ${file})
    target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${fuzzer} PRIVATE takt_${room})
    set(found ${PROJECT_BINARY_DIR}/fuzz/${fuzzer})
    file(MAKE_DIRECTORY ${found})
    add_test(NAME fuzz.${fuzzer} COMMAND ${fuzzer} -max_total_time=${TAKT_FUZZ_SECONDS}
      -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=${found}/
      ${found} ${seeds})
    set_tests_properties(fuzz.${fuzzer} PROPERTIES LABELS fuzz TIMEOUT 600)
  else()
    add_executable(${fuzzer}_replay ${file} ${PROJECT_SOURCE_DIR}/tools/fuzz/replay_main.cpp)
    target_link_libraries(${fuzzer}_replay PRIVATE takt_${room})
    add_test(NAME ${room}.${fuzzer}_replay COMMAND ${fuzzer}_replay ${seeds})
    set_tests_properties(${room}.${fuzzer}_replay PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()

# takt_program(name ROOM room DEPS rooms... LIBS libraries...): the program of src/<room>.
function(takt_program name)
  cmake_parse_arguments(ARG "" "ROOM" "DEPS;LIBS" ${ARGN})
  set(dir ${PROJECT_SOURCE_DIR}/src/${ARG_ROOM})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(TRANSFORM ARG_DEPS PREPEND takt_ OUTPUT_VARIABLE deps)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE takt_flags ${deps} ${ARG_LIBS})
endfunction()
include(GoogleTest)
