# cmake --install, and the package that find_package(parking_lot) finds.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(installed_libraries)
foreach(library parking_lot_core parking_lot_file_journal parking_lot_native)
  if(TARGET ${library})
    list(APPEND installed_libraries ${library})
  endif()
endforeach()
if(TARGET parking-lot)
  install(TARGETS parking-lot RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

if(installed_libraries)
  set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/parking_lot")
  install(TARGETS ${installed_libraries} EXPORT parking_lotTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  foreach(public core/include native/include)
    if(EXISTS "${PROJECT_SOURCE_DIR}/${public}")
      install(DIRECTORY "${public}/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
    endif()
  endforeach()
  install(EXPORT parking_lotTargets NAMESPACE parking_lot:: DESTINATION "${package_dir}")
  configure_package_config_file(cmake/parking_lotConfig.cmake.in
    "${PROJECT_BINARY_DIR}/parking_lotConfig.cmake" INSTALL_DESTINATION "${package_dir}")
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/parking_lotConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES
    "${PROJECT_BINARY_DIR}/parking_lotConfig.cmake"
    "${PROJECT_BINARY_DIR}/parking_lotConfigVersion.cmake"
    DESTINATION "${package_dir}")
endif()
