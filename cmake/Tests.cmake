# Tests and benchmarks. A suite is a folder under tests/; it exists once its first source does.
# A suite with a main.cc of its own is one program; any other gets Catch2's main, and each of its
# test cases is one CTest test.

parking_lot_header_only(parking_lot_catch2 catch2 catch.hpp catch2)
target_compile_definitions(parking_lot_catch2 INTERFACE CATCH_CONFIG_NO_POSIX_SIGNALS)

set(catch_main "${PROJECT_SOURCE_DIR}/cmake/catch_main.cc")
add_library(parking_lot_catch_main OBJECT EXCLUDE_FROM_ALL "${catch_main}")
target_link_libraries(parking_lot_catch_main PUBLIC parking_lot_catch2)
if(EMSCRIPTEN)
  target_compile_options(parking_lot_catch_main PUBLIC -fexceptions)
endif()

# parking_lot_program(<target> <folder or file> <library>...): the sources of tests/<folder>, or that one file, as a program.
function(parking_lot_program target folder)
  if(folder MATCHES "\\.cc$")
    parking_lot_sources(sources "tests/${folder}")
  else()
    parking_lot_sources(sources "tests/${folder}/*.cc")
  endif()
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources})
  parking_lot_compile_options(${target})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${target} PRIVATE PARKING_LOT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${ARGN})
endfunction()

# parking_lot_benchmark(<target> <folder or file> <library>...): the same, built with the target `benchmarks` alone.
function(parking_lot_benchmark target folder)
  parking_lot_program(${target} ${folder} ${ARGN})
  if(TARGET ${target})
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
    add_dependencies(benchmarks ${target})
  endif()
endfunction()

# parking_lot_suite(<target> <folder> <library>...): the same as parking_lot_program, with Catch2's main unless it has its own.
function(parking_lot_suite target folder)
  parking_lot_program(${target} ${folder} ${ARGN})
  if(TARGET ${target} AND NOT EXISTS "${PROJECT_SOURCE_DIR}/tests/${folder}/main.cc")
    target_link_libraries(${target} PRIVATE parking_lot_catch_main)
    # Assertions are many and run once: optimising them would only cost compile time.
    target_compile_options(${target} PRIVATE "$<$<CONFIG:Release>:-O1>")
    if(EMSCRIPTEN)
      target_link_options(${target} PRIVATE -fexceptions)
    endif()
  endif()
endfunction()

# parking_lot_catch_tests(<target> <prefix> <folder>): one CTest test for each test case.
function(parking_lot_catch_tests target prefix folder)
  if(NOT TARGET ${target})
    return()
  endif()
  if(EXISTS "${PROJECT_SOURCE_DIR}/tests/${folder}/main.cc")
    add_test(NAME ${prefix} COMMAND ${target} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  else()
    catch_discover_tests(${target} TEST_PREFIX "${prefix}/" DISCOVERY_MODE PRE_TEST
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" EXTRA_ARGS --warn NoTests)
  endif()
endfunction()

# parking_lot_script_tests(<prefix> <command>...): one CTest test for each scenario script. The
# command gets the script's path and fails when the trace differs from the one beside it.
function(parking_lot_script_tests prefix)
  file(GLOB_RECURSE scripts CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}"
    "${PROJECT_SOURCE_DIR}/tests/scenario/*.txt")
  list(FILTER scripts EXCLUDE REGEX "\\.(expected|trace)\\.txt$")
  foreach(script IN LISTS scripts)
    get_filename_component(name "${script}" NAME_WE)
    add_test(NAME "${prefix}/${name}" COMMAND ${ARGN} "${script}" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  endforeach()
endfunction()

include(TestSuites)
