# The core and the interpreter of scenario scripts: pure C++20, native and WebAssembly.

# A module is downloaded before it runs: -Oz throughout. But em++ stops inlining there unless told otherwise; then not even
# std::min is inlined, and all is three times slower. What runs per task may inline a little more than -Oz would: that
# makes it as fast as -Os, and about as fast as -O3.
set(PARKING_LOT_WASM_SMALL -Oz -sINLINING_LIMIT=0)
set(PARKING_LOT_WASM_HOT -mllvm -inline-threshold=25)

parking_lot_sources(core_sources "core/src/*.cc")
if(core_sources)
  add_library(parking_lot_core STATIC ${core_sources})
  add_library(parking_lot::core ALIAS parking_lot_core)
  set_target_properties(parking_lot_core PROPERTIES EXPORT_NAME core)
  parking_lot_compile_options(parking_lot_core)
  parking_lot_without_exceptions(parking_lot_core)
  target_compile_options(parking_lot_core PRIVATE -Wconversion -Wno-sign-conversion)
  target_compile_features(parking_lot_core PUBLIC cxx_std_20)
  target_include_directories(parking_lot_core
    PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/core/include>" "$<INSTALL_INTERFACE:include>"
    PRIVATE "${PROJECT_SOURCE_DIR}/core/src")
  target_link_libraries(parking_lot_core
    PUBLIC "$<BUILD_INTERFACE:parking_lot_expected>"
    PRIVATE "$<BUILD_INTERFACE:parking_lot_json>")
  if(NOT EMSCRIPTEN AND (CMAKE_BUILD_TYPE STREQUAL "Release" OR PARKING_LOT_SANITIZE))
    # The machines as one translation unit: a task's way through them is a chain of small functions, which the compiler
    # may then join. (The WebAssembly build gets the same from -flto.)
    parking_lot_sources(machine_sources "core/src/*.cc" EXCEPT core/src/codes.cc)
    list(FILTER machine_sources EXCLUDE REGEX "/config|/codec/|/garage/")
    set_source_files_properties(${machine_sources} PROPERTIES UNITY_GROUP machines)
    # A unit of its own: the compiler's budget for joining functions is per unit.
    parking_lot_sources(garage_sources "core/src/garage/*.cc" EXCEPT core/src/garage/codes.cc)
    set_source_files_properties(${garage_sources} PROPERTIES UNITY_GROUP garage)
    set_target_properties(parking_lot_core PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  endif()
endif()

# parking_lot_core_in_wasm(<target>): of a build of the core for WebAssembly.
function(parking_lot_core_in_wasm target)
  # An index of 64 bits into a container whose size_type has 32 is what portable code writes.
  target_compile_options(${target} PRIVATE -flto -Wno-shorten-64-to-32 ${PARKING_LOT_WASM_SMALL})
  target_compile_definitions(${target} PRIVATE PARKING_LOT_WITHOUT_SCHEMA)
endfunction()

if(TARGET parking_lot_core AND EMSCRIPTEN)
  parking_lot_core_in_wasm(parking_lot_core)
  parking_lot_sources(cold_sources "core/src/config*.cc" "core/src/codec/json_*.cc" "core/src/recovery.cc"
    "core/src/views.cc" "core/src/audit_view.cc")
  set(hot_sources ${core_sources})
  list(REMOVE_ITEM hot_sources ${cold_sources})
  set_source_files_properties(${hot_sources} PROPERTIES COMPILE_OPTIONS "${PARKING_LOT_WASM_HOT}")

  # The same for lots that store nothing: the compiler knows that no stream is durable, and leaves out what follows.
  add_library(parking_lot_volatile_core STATIC EXCLUDE_FROM_ALL ${core_sources})
  parking_lot_compile_options(parking_lot_volatile_core)
  parking_lot_without_exceptions(parking_lot_volatile_core)
  parking_lot_core_in_wasm(parking_lot_volatile_core)
  target_compile_definitions(parking_lot_volatile_core PRIVATE PARKING_LOT_WITHOUT_JOURNALS)
  target_include_directories(parking_lot_volatile_core
    PUBLIC "${PROJECT_SOURCE_DIR}/core/include" PRIVATE "${PROJECT_SOURCE_DIR}/core/src")
  target_link_libraries(parking_lot_volatile_core PUBLIC parking_lot_expected PRIVATE parking_lot_json)
endif()

parking_lot_sources(scenario_sources "core/scenario/*.cc")
if(scenario_sources)
  add_library(parking_lot_scenario STATIC ${scenario_sources})
  parking_lot_compile_options(parking_lot_scenario)
  parking_lot_without_exceptions(parking_lot_scenario)
  target_include_directories(parking_lot_scenario PUBLIC "${PROJECT_SOURCE_DIR}/core")
  target_link_libraries(parking_lot_scenario PUBLIC parking_lot_core)
  if(EMSCRIPTEN)
    target_compile_options(parking_lot_scenario PRIVATE -flto)
  endif()
endif()

parking_lot_sources(simulate_sources "core/simulate/*.cc")
if(simulate_sources)
  add_library(parking_lot_simulate STATIC ${simulate_sources})
  parking_lot_compile_options(parking_lot_simulate)
  parking_lot_without_exceptions(parking_lot_simulate)
  target_include_directories(parking_lot_simulate PUBLIC "${PROJECT_SOURCE_DIR}/core")
  target_link_libraries(parking_lot_simulate PUBLIC parking_lot_core PRIVATE parking_lot_json)
  if(EMSCRIPTEN)
    target_compile_options(parking_lot_simulate PRIVATE -flto)
  endif()
endif()
