# Warnings, sanitizers and ccache, the same for every target of the project.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

if(PARKING_LOT_LTO AND NOT EMSCRIPTEN)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

# parking_lot_compile_options(<target>): what each translation unit of the project is compiled with.
function(parking_lot_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow)
  if(PARKING_LOT_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports a false -Wrestrict inside std::string::assign at -O2 and above, and a false
    # -Wmaybe-uninitialized where a variant of plain structs is moved into an optional.
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-maybe-uninitialized)
  endif()
  if(PARKING_LOT_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
endfunction()

# parking_lot_in_units(<target> [EXCEPT <sources>…]): several sources make one translation unit, where builds are from scratch
# more often than not: the headers of Asio alone take longer to read than most files that include them. Sources whose local
# names clash with those of others stay apart.
function(parking_lot_in_units target)
  cmake_parse_arguments(arg "" "" "EXCEPT" ${ARGN})
  foreach(source IN LISTS arg_EXCEPT)
    set_source_files_properties("${PROJECT_SOURCE_DIR}/${source}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
  if(CMAKE_BUILD_TYPE STREQUAL "Release" OR PARKING_LOT_SANITIZE)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
  endif()
endfunction()

# parking_lot_without_exceptions(<target>): for code which also runs in WebAssembly.
#
# nlohmann/json gets an inline namespace of its own here: its functions abort where those of the
# native code throw, and two definitions under one name would leave the choice to the linker.
function(parking_lot_without_exceptions target)
  target_compile_options(${target} PRIVATE -fno-exceptions)
  parking_lot_json_without_exceptions(${target})
endfunction()

function(parking_lot_json_without_exceptions target)
  target_compile_definitions(${target} PRIVATE
    JSON_NOEXCEPTION
    NLOHMANN_JSON_NAMESPACE=nlohmann::without_exceptions
    "NLOHMANN_JSON_NAMESPACE_BEGIN=namespace nlohmann { inline namespace without_exceptions {"
    "NLOHMANN_JSON_NAMESPACE_END=}}")
endfunction()
