# Which suites there are, and what each may link. Only unit tests see the core's private headers.

add_custom_target(benchmarks)
parking_lot_benchmark(bench_core bench/bench_core.cc parking_lot_core)
if(EMSCRIPTEN)
  if(TARGET bench_core)
    parking_lot_node_program(bench_core)
    set_target_properties(bench_core PROPERTIES OUTPUT_NAME bench_core_wasm)
  endif()

  if(EXISTS "${PROJECT_SOURCE_DIR}/wasm/scenario_main.cc")
    add_executable(scenario_wasm "${PROJECT_SOURCE_DIR}/wasm/scenario_main.cc")
    target_link_libraries(scenario_wasm PRIVATE parking_lot_scenario)
  else()
    parking_lot_suite(scenario_wasm scenario parking_lot_scenario)
  endif()
  if(TARGET scenario_wasm)
    parking_lot_node_program(scenario_wasm)
    parking_lot_script_tests("scenario.wasm" "${NODE_PROGRAM}" "${PROJECT_BINARY_DIR}/scenario_wasm.js")
  endif()
  return()
endif()

find_package(Catch2 2.13 REQUIRED)
include(Catch)

find_library(RAPIDCHECK_LIBRARY rapidcheck)
find_path(RAPIDCHECK_INCLUDE_DIR rapidcheck.h)
if(NOT RAPIDCHECK_LIBRARY OR NOT RAPIDCHECK_INCLUDE_DIR)
  message(FATAL_ERROR "rapidcheck.h or its library not found: install librapidcheck-dev (./dev setup does)")
endif()

parking_lot_suite(test_unit unit parking_lot_core parking_lot_json "${RAPIDCHECK_LIBRARY}")
if(TARGET test_unit)
  target_include_directories(test_unit PRIVATE "${PROJECT_SOURCE_DIR}/core/src")
  parking_lot_json_without_exceptions(test_unit)
endif()
parking_lot_catch_tests(test_unit unit unit)

# The core once more, in a build that counts its steps.
parking_lot_core_library(parking_lot_counted_core STATIC EXCLUDE_FROM_ALL ${core_sources})
target_compile_definitions(parking_lot_counted_core PUBLIC PARKING_LOT_COUNT_STEPS)
target_compile_options(parking_lot_counted_core PRIVATE "$<$<CONFIG:Release>:-O1>")
target_include_directories(parking_lot_counted_core PUBLIC "${PROJECT_SOURCE_DIR}/core/src")
set_target_properties(parking_lot_counted_core PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
parking_lot_suite(test_work work parking_lot_counted_core)
parking_lot_catch_tests(test_work work work)

parking_lot_suite(test_scenario scenario parking_lot_scenario)
if(TARGET test_scenario AND EXISTS "${PROJECT_SOURCE_DIR}/tests/scenario/main.cc")
  parking_lot_script_tests("scenario" test_scenario)
else()
  parking_lot_catch_tests(test_scenario scenario scenario)
endif()

parking_lot_suite(test_native native parking_lot_native parking_lot_json parking_lot_spdlog)
if(TARGET test_native)
  target_include_directories(test_native PRIVATE "${PROJECT_SOURCE_DIR}/native")
  target_compile_definitions(test_native PRIVATE PARKING_LOT_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(TARGET parking-lot)
    add_dependencies(test_native parking-lot)
  endif()
endif()
parking_lot_catch_tests(test_native native native)

parking_lot_suite(test_conformance conformance parking_lot_native parking_lot_json)
parking_lot_catch_tests(test_conformance conformance conformance)

parking_lot_suite(test_store store parking_lot_file_journal)
if(TARGET test_store)
  target_include_directories(test_store PRIVATE "${PROJECT_SOURCE_DIR}/native")
endif()
parking_lot_catch_tests(test_store store store)

parking_lot_benchmark(bench_decisions bench/bench_decisions.cc parking_lot_core)
parking_lot_benchmark(bench_garage bench/bench_garage.cc parking_lot_core)
parking_lot_benchmark(bench_storage storage_bench parking_lot_file_journal)
if(TARGET bench_storage)
  target_include_directories(bench_storage PRIVATE "${PROJECT_SOURCE_DIR}/native")
endif()
parking_lot_benchmark(bench_stored_garage garage_bench parking_lot_native)
parking_lot_benchmark(bench_audit audit_bench parking_lot_file_journal)
if(TARGET bench_audit)
  target_include_directories(bench_audit PRIVATE "${PROJECT_SOURCE_DIR}/native")
endif()

parking_lot_suite(test_simulate simulate parking_lot_simulate)
parking_lot_catch_tests(test_simulate simulate simulate)

parking_lot_suite(test_fuzz fuzz parking_lot_core)
parking_lot_catch_tests(test_fuzz fuzz fuzz)

# The program that tests/crash/crash.mjs kills.
parking_lot_program(crash_client crash parking_lot_native)
if(TARGET crash_client)
  set_target_properties(crash_client PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
endif()

parking_lot_program(faults simulation parking_lot_scenario)
if(TARGET faults)
  set_target_properties(faults PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
endif()

find_program(NODE_PROGRAM node REQUIRED)
add_test(NAME "tidy/the tree keeps its rules"
  COMMAND "${NODE_PROGRAM}" "${PROJECT_SOURCE_DIR}/tests/tidy/tidy.mjs" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME "tidy/each rule can fail"
  COMMAND "${NODE_PROGRAM}" --test "${PROJECT_SOURCE_DIR}/tests/tidy/tidy.test.mjs" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
