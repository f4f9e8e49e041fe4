# Header-only dependencies.
#
# emcc must never see -I/usr/include, where they live: it would take the C library's headers from
# there too. So each library's folder is linked into a private directory of the build tree, and that
# directory alone is searched.

set(PARKING_LOT_HEADERS "${PROJECT_BINARY_DIR}/headers")

# parking_lot_header_only(<target> <folder> <header> <Debian package>): an interface target for the
# library whose headers are included as <folder/...>; <header> is one that must exist.
function(parking_lot_header_only target folder header package)
  find_path(PARKING_LOT_${folder}_DIR "${folder}/${header}" NO_CMAKE_FIND_ROOT_PATH
    PATHS /usr/include /usr/local/include)
  if(NOT PARKING_LOT_${folder}_DIR)
    message(FATAL_ERROR "${folder}/${header} not found: install ${package} (./dev setup does)")
  endif()
  file(MAKE_DIRECTORY "${PARKING_LOT_HEADERS}/${folder}.d")
  file(CREATE_LINK "${PARKING_LOT_${folder}_DIR}/${folder}" "${PARKING_LOT_HEADERS}/${folder}.d/${folder}" SYMBOLIC)
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE
    "$<BUILD_INTERFACE:${PARKING_LOT_HEADERS}/${folder}.d>")
endfunction()

parking_lot_header_only(parking_lot_expected tl expected.hpp libexpected-dev)
parking_lot_header_only(parking_lot_json nlohmann json.hpp nlohmann-json3-dev)
