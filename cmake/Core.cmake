# The core and the interpreter of scenario scripts: pure C++20, native and WebAssembly.

# A module is downloaded before it runs: -Oz throughout. But em++ stops inlining there unless told otherwise; then not even
# std::min is inlined, and all is three times slower. What runs per task may inline a little more than -Oz would: that
# makes it as fast as -Os, and about as fast as -O3.
set(PARKING_LOT_WASM_SMALL -Oz -sINLINING_LIMIT=0)
set(PARKING_LOT_WASM_HOT -mllvm -inline-threshold=25)

parking_lot_sources(core_sources "core/src/*.cc")
# What goes into one translation unit. The machines, because a task's way through them is a chain of small functions, which the
# compiler may then join; the garage apart from them, because its budget for joining functions is per unit; the rest, to build
# in less time. What the WebAssembly modules have their own of stays apart.
parking_lot_sources(machine_sources "core/src/*.cc" EXCEPT core/src/codes.cc core/src/check.cc)
list(FILTER machine_sources EXCLUDE REGEX "/config|/codec/|/garage/")
parking_lot_sources(garage_machine_sources "core/src/garage/*.cc" EXCEPT core/src/garage/codes.cc)
parking_lot_sources(config_sources "core/src/config*.cc")
list(FILTER config_sources EXCLUDE REGEX "_garage|_tariff")
parking_lot_sources(json_sources "core/src/codec/json_*.cc" EXCEPT core/src/codec/json_parser.cc)
parking_lot_sources(codec_sources "core/src/codec/*.cc")
list(FILTER codec_sources EXCLUDE REGEX "/json_|/garage_")
parking_lot_sources(garage_codec_sources "core/src/codec/garage_*.cc" EXCEPT core/src/codec/garage_command.cc)
foreach(unit machine garage_machine config json codec garage_codec)
  set_source_files_properties(${${unit}_sources} PROPERTIES UNITY_GROUP ${unit})
endforeach()

# parking_lot_core_library(<target> <sources>…): the core, or a part of it, for one way of building it.
function(parking_lot_core_library target)
  add_library(${target} ${ARGN})
  parking_lot_compile_options(${target})
  parking_lot_without_exceptions(${target})
  target_compile_options(${target} PRIVATE -Wconversion -Wno-sign-conversion)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target}
    PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/core/include>" "$<INSTALL_INTERFACE:include>"
    PRIVATE "${PROJECT_SOURCE_DIR}/core/src")
  target_link_libraries(${target}
    PUBLIC "$<BUILD_INTERFACE:parking_lot_expected>"
    PRIVATE "$<BUILD_INTERFACE:parking_lot_json>")
endfunction()

if(EMSCRIPTEN)
  # What runs seldom is compiled for least size; what runs for each task inlines a little more. CMake joins only sources that
  # are compiled alike, so that what runs often is a part of its own.
  parking_lot_sources(cold_sources "core/src/config*.cc" "core/src/codec/json_*.cc" "core/src/recovery.cc"
    "core/src/views.cc" "core/src/audit_view.cc")
  set(hot_sources ${core_sources})
  list(REMOVE_ITEM hot_sources ${cold_sources})

  # parking_lot_wasm_core(<target> <definitions>…)
  function(parking_lot_wasm_core target)
    parking_lot_core_library(${target}_often OBJECT EXCLUDE_FROM_ALL ${hot_sources})
    parking_lot_core_library(${target} STATIC EXCLUDE_FROM_ALL ${cold_sources} $<TARGET_OBJECTS:${target}_often>)
    target_compile_options(${target}_often PRIVATE ${PARKING_LOT_WASM_HOT})
    foreach(part ${target} ${target}_often)
      # An index of 64 bits into a container whose size_type has 32 is what portable code writes.
      target_compile_options(${part} PRIVATE -flto -Wno-shorten-64-to-32 ${PARKING_LOT_WASM_SMALL})
      target_compile_definitions(${part} PRIVATE PARKING_LOT_WITHOUT_SCHEMA ${ARGN})
      set_target_properties(${part} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    endforeach()
  endfunction()
  parking_lot_wasm_core(parking_lot_core)
  # The same for lots that store nothing: the compiler knows that no stream is durable, and leaves out what follows.
  parking_lot_wasm_core(parking_lot_volatile_core PARKING_LOT_WITHOUT_JOURNALS)
else()
  parking_lot_core_library(parking_lot_core STATIC ${core_sources})
  add_library(parking_lot::core ALIAS parking_lot_core)
  set_target_properties(parking_lot_core PROPERTIES EXPORT_NAME core)
  if(CMAKE_BUILD_TYPE STREQUAL "Release" OR PARKING_LOT_SANITIZE)
    set_target_properties(parking_lot_core PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  endif()
endif()

parking_lot_sources(scenario_sources "core/scenario/*.cc")
if(scenario_sources)
  add_library(parking_lot_scenario STATIC ${scenario_sources})
  parking_lot_compile_options(parking_lot_scenario)
  parking_lot_without_exceptions(parking_lot_scenario)
  parking_lot_in_units(parking_lot_scenario EXCEPT core/scenario/trace.cc)
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
  parking_lot_in_units(parking_lot_simulate EXCEPT core/simulate/axis.cc core/simulate/chart.cc
    core/simulate/simulation.cc core/simulate/what_if.cc)
  target_include_directories(parking_lot_simulate PUBLIC "${PROJECT_SOURCE_DIR}/core")
  target_link_libraries(parking_lot_simulate PUBLIC parking_lot_core PRIVATE parking_lot_json)
  if(EMSCRIPTEN)
    target_compile_options(parking_lot_simulate PRIVATE -flto)
  endif()
endif()
