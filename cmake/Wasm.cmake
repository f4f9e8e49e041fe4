# The WebAssembly modules, and programs which run the same core under Node.
# Each -s setting is one word: CMake would drop a repeated bare -s.

find_program(NODE_PROGRAM node REQUIRED)

# In the place of the core's own, which the linker then leaves out with the libraries behind them.
set(wasm_replacements wasm/host_json.cc wasm/check_failed.cc)
# What the modules for pools are made of. Which storage stands behind wasm/storage.h each chooses by what it is linked with.
set(wasm_durable_sources
  wasm/journal_storage.cc wasm/journal_storage_audit.cc wasm/journal_storage_opening.cc
  wasm/journal_storage_writing.cc wasm/host_files.cc)
set(wasm_volatile_sources wasm/no_storage.cc)
parking_lot_sources(wasm_sources "wasm/*.cc"
  EXCEPT wasm/scenario_main.cc wasm/describe_main.cc
    ${wasm_replacements} ${wasm_durable_sources} ${wasm_volatile_sources})
list(FILTER wasm_sources EXCLUDE REGEX "/wasm/(simulate|garage)/")

# parking_lot_js_library(<target> <file>…): what the module calls, of wasm/.
function(parking_lot_js_library target)
  foreach(library ${ARGN})
    target_link_options(${target} PRIVATE "SHELL:--js-library ${PROJECT_SOURCE_DIR}/wasm/${library}")
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${PROJECT_SOURCE_DIR}/wasm/${library}")
  endforeach()
endfunction()

# parking_lot_module(<target> <name> <sources>… IMPORTS <list>…): <name>.mjs and .wasm. The core has no clock and no
# source of randomness: whatever the module imports stands in one of the lists.
function(parking_lot_module target name)
  cmake_parse_arguments(arg "" "" "IMPORTS" ${ARGN})
  list(TRANSFORM arg_IMPORTS PREPEND "${PROJECT_SOURCE_DIR}/wasm/")
  set(check_imports "${PROJECT_SOURCE_DIR}/cmake/check_wasm_imports.mjs")
  add_executable(${target} ${arg_UNPARSED_ARGUMENTS})
  parking_lot_compile_options(${target})
  parking_lot_without_exceptions(${target})
  target_compile_options(${target} PRIVATE -flto ${PARKING_LOT_WASM_SMALL})
  target_compile_definitions(${target} PRIVATE PARKING_LOT_VERSION="${PROJECT_VERSION}")
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name} SUFFIX .mjs RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  target_link_options(${target} PRIVATE
    -Os -flto -lembind --no-entry -sMALLOC=emmalloc
    -Wl,-mllvm,-inline-threshold=0
    -sMODULARIZE=1 -sEXPORT_ES6=1 -sENVIRONMENT=web,worker
    -sALLOW_MEMORY_GROWTH=1 -sWASM_BIGINT=1 -sDYNAMIC_EXECUTION=0 -sTEXTDECODER=2
    -sEXPORTED_FUNCTIONS=_malloc,_free
    # What the package's loader gives; the glue leaves out what would take the rest.
    -sINCOMING_MODULE_JS_API=instantiateWasm,onAbort,print,printErr)
  target_sources(${target} PRIVATE ${wasm_replacements})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/core/src")
  parking_lot_js_library(${target} library_embind.js library_json.js library_check.js)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND "${NODE_PROGRAM}" "${check_imports}" "${PROJECT_BINARY_DIR}/${name}.mjs" ${arg_IMPORTS}
    VERBATIM)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${arg_IMPORTS} "${check_imports}")
endfunction()

# The files of JavaScript's disks.
function(parking_lot_with_disks target)
  target_link_options(${target} PRIVATE -lidbfs.js -sEXPORTED_RUNTIME_METHODS=FS,IDBFS)
  # The project's own IDBFS takes the place of Emscripten's, because it comes later.
  parking_lot_js_library(${target} library_idbfs.js library_files.js)
endfunction()

if(wasm_sources)
  set_source_files_properties(wasm/hot_path.cc wasm/session.cc PROPERTIES COMPILE_OPTIONS "${PARKING_LOT_WASM_HOT}")

  # Most pages store nothing: they download neither the journal nor a file system.
  parking_lot_module(parking_lot_wasm parking_lot ${wasm_sources} ${wasm_volatile_sources} IMPORTS imports_allowed.txt)
  target_compile_definitions(parking_lot_wasm PRIVATE PARKING_LOT_WITHOUT_JOURNALS)
  target_link_libraries(parking_lot_wasm PRIVATE parking_lot_volatile_core)
  target_link_options(parking_lot_wasm PRIVATE -sFILESYSTEM=0)

  parking_lot_module(parking_lot_durable_wasm parking_lot_durable ${wasm_sources} ${wasm_durable_sources}
    IMPORTS imports_allowed.txt imports_allowed_durable.txt)
  target_link_libraries(parking_lot_durable_wasm PRIVATE parking_lot_core parking_lot_file_journal)
  target_include_directories(parking_lot_durable_wasm PRIVATE "${PROJECT_SOURCE_DIR}/native")
  parking_lot_with_disks(parking_lot_durable_wasm)
endif()

# So are garages: lots without one do not load it.
if(TARGET parking_lot_simulate AND EXISTS "${PROJECT_SOURCE_DIR}/wasm/garage/embind.cc")
  parking_lot_sources(wasm_garage_sources "wasm/garage/*.cc"
    EXCEPT wasm/garage/journal_storage.cc wasm/garage/no_storage.cc)
  list(APPEND wasm_garage_sources wasm/json_text.cc
    core/simulate/garage_day.cc core/simulate/garage_day_json.cc)
  parking_lot_module(parking_lot_garage_wasm parking_lot_garage ${wasm_garage_sources} wasm/garage/no_storage.cc
    IMPORTS imports_allowed.txt)
  target_compile_definitions(parking_lot_garage_wasm PRIVATE PARKING_LOT_WITHOUT_JOURNALS)
  target_include_directories(parking_lot_garage_wasm
    PRIVATE "${PROJECT_SOURCE_DIR}/core" "${PROJECT_SOURCE_DIR}/wasm")
  target_link_libraries(parking_lot_garage_wasm PRIVATE parking_lot_volatile_core)
  target_link_options(parking_lot_garage_wasm PRIVATE -sFILESYSTEM=0)

  # Those that are stored have a module with the journal.
  parking_lot_module(parking_lot_garage_durable_wasm parking_lot_garage_durable ${wasm_garage_sources}
    wasm/garage/journal_storage.cc wasm/host_files.cc IMPORTS imports_allowed.txt imports_allowed_durable.txt)
  target_include_directories(parking_lot_garage_durable_wasm
    PRIVATE "${PROJECT_SOURCE_DIR}/core" "${PROJECT_SOURCE_DIR}/wasm" "${PROJECT_SOURCE_DIR}/native")
  target_link_libraries(parking_lot_garage_durable_wasm PRIVATE parking_lot_core parking_lot_file_journal)
  parking_lot_with_disks(parking_lot_garage_durable_wasm)
endif()

# The simulator is a module of its own, so that those who only schedule do not load it.
if(TARGET parking_lot_simulate AND EXISTS "${PROJECT_SOURCE_DIR}/wasm/simulate/main.cc")
  add_executable(parking_lot_simulate_wasm wasm/simulate/main.cc)
  parking_lot_compile_options(parking_lot_simulate_wasm)
  parking_lot_without_exceptions(parking_lot_simulate_wasm)
  set_target_properties(parking_lot_simulate_wasm PROPERTIES
    OUTPUT_NAME parking_lot_simulate SUFFIX .mjs RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  target_compile_options(parking_lot_simulate_wasm PRIVATE -flto)
  target_link_libraries(parking_lot_simulate_wasm PRIVATE parking_lot_simulate)
  target_link_options(parking_lot_simulate_wasm PRIVATE
    -O2 -flto --no-entry -sMODULARIZE=1 -sEXPORT_ES6=1 -sENVIRONMENT=web,worker
    -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=64MB -sMAXIMUM_MEMORY=4GB -sTOTAL_STACK=1MB -sWASM_BIGINT=1
    -sDYNAMIC_EXECUTION=0 -sFILESYSTEM=0 -sEXPORTED_FUNCTIONS=_malloc,_free)
endif()

# parking_lot_node_program(<target>): a program for Node which reads and writes the machine's own files.
function(parking_lot_node_program target)
  parking_lot_compile_options(${target})
  set_target_properties(${target} PROPERTIES SUFFIX .js RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  target_compile_options(${target} PRIVATE -flto)
  target_link_options(${target} PRIVATE
    -O3 -flto -sENVIRONMENT=node -sNODERAWFS=1 -sEXIT_RUNTIME=1 -sALLOW_MEMORY_GROWTH=1
    -sINITIAL_MEMORY=64MB -sTOTAL_STACK=1MB -sWASM_BIGINT=1 -sWASM_ASYNC_COMPILATION=0
    # Node itself must report an uncaught error; the defaults would swallow its stack.
    -sNODEJS_CATCH_EXIT=0 -sNODEJS_CATCH_REJECTION=0)
endfunction()

# The config's schema and the vocabularies, for the package's build and tests; the module itself does without them.
# Its own build of these sources comes before the core's, which leaves the schema out.
if(TARGET parking_lot_core)
  parking_lot_sources(described_sources "core/src/config*.cc" "core/src/codec/json_*.cc")
  add_executable(parking_lot_describe wasm/describe_main.cc ${described_sources})
  parking_lot_without_exceptions(parking_lot_describe)
  target_include_directories(parking_lot_describe PRIVATE "${PROJECT_SOURCE_DIR}/core/src")
  target_link_libraries(parking_lot_describe PRIVATE parking_lot_core parking_lot_json)
  set_target_properties(parking_lot_describe PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  parking_lot_node_program(parking_lot_describe)
endif()
