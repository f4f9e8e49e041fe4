# The native host library and the command line.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(yaml-cpp REQUIRED)
parking_lot_header_only(parking_lot_spdlog spdlog spdlog.h libspdlog-dev)
parking_lot_header_only(parking_lot_fmt fmt format.h libfmt-dev)
parking_lot_header_only(parking_lot_cli11 CLI CLI.hpp libcli11-dev)
target_compile_definitions(parking_lot_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)
target_link_libraries(parking_lot_spdlog INTERFACE parking_lot_fmt)

parking_lot_sources(native_sources "native/host/*.cc" "native/executor/*.cc" "native/backend/*.cc")
list(FILTER native_sources EXCLUDE REGEX "/native/backend/file_journal/")
if(native_sources)
  add_library(parking_lot_native STATIC ${native_sources})
  add_library(parking_lot::native ALIAS parking_lot_native)
  set_target_properties(parking_lot_native PROPERTIES EXPORT_NAME native)
  parking_lot_compile_options(parking_lot_native)
  # A class with a name outside has members of classes that are known in its file only.
  parking_lot_in_units(parking_lot_native EXCEPT native/host/stored_garage.cc)
  target_include_directories(parking_lot_native
    PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/native/include>" "$<INSTALL_INTERFACE:include>"
    PRIVATE "${PROJECT_SOURCE_DIR}/native")
  target_compile_definitions(parking_lot_native PUBLIC BOOST_ASIO_NO_DEPRECATED)
  target_link_libraries(parking_lot_native
    PUBLIC parking_lot_core parking_lot_file_journal Boost::headers Threads::Threads
    PRIVATE "$<BUILD_INTERFACE:parking_lot_spdlog>" "$<BUILD_INTERFACE:parking_lot_json>")
endif()

parking_lot_sources(cli_sources "native/cli/*.cc")
if(cli_sources)
  add_executable(parking-lot ${cli_sources})
  parking_lot_compile_options(parking-lot)
  parking_lot_in_units(parking-lot)
  # What takes long is in the libraries: optimising the parsing of arguments would only cost compile time.
  target_compile_options(parking-lot PRIVATE "$<$<CONFIG:Release>:-O1>")
  set_target_properties(parking-lot PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  target_include_directories(parking-lot PRIVATE "${PROJECT_SOURCE_DIR}/native")
  target_compile_definitions(parking-lot PRIVATE PARKING_LOT_VERSION="${PROJECT_VERSION}")
  target_link_libraries(parking-lot PRIVATE
    parking_lot_native parking_lot_json parking_lot_spdlog parking_lot_cli11 yaml-cpp)
  if(TARGET parking_lot_scenario)
    target_link_libraries(parking-lot PRIVATE parking_lot_scenario)
  endif()
  if(TARGET parking_lot_simulate)
    target_link_libraries(parking-lot PRIVATE parking_lot_simulate)
  endif()
endif()
