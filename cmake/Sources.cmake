# Sources are found by pattern, so that a new file needs no change here. CONFIGURE_DEPENDS makes the
# build look again: a folder that did not exist at configure time is found when it appears.

# parking_lot_sources(<variable> <pattern>...): matching files, without those named after EXCEPT.
function(parking_lot_sources variable)
  cmake_parse_arguments(arg "" "" "EXCEPT" ${ARGN})
  list(TRANSFORM arg_UNPARSED_ARGUMENTS PREPEND "${PROJECT_SOURCE_DIR}/")
  file(GLOB_RECURSE found CONFIGURE_DEPENDS LIST_DIRECTORIES false ${arg_UNPARSED_ARGUMENTS})
  foreach(name IN LISTS arg_EXCEPT)
    list(REMOVE_ITEM found "${PROJECT_SOURCE_DIR}/${name}")
  endforeach()
  if(NOT found)
    list(JOIN ARGN " " patterns)
    message(STATUS "parking_lot: no sources match ${patterns}")
  endif()
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()
