# `cmake --install build/cpu --prefix P` gives P/bin/mlacheck, P/include/mlacheck/subject.h, what Python
# subjects need in P/lib/mlacheck, and a package for find_package(mlacheck) with the target mlacheck::subject: all that a subject needs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(mlacheck_subject INTERFACE)
set_target_properties(mlacheck_subject PROPERTIES EXPORT_NAME subject)
target_include_directories(
  mlacheck_subject INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
install(TARGETS mlacheck RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
if(TARGET mlacheck_python_worker)
  # Where the program looks for them, whatever the library folder is called here.
  install(TARGETS mlacheck_python_worker LIBRARY DESTINATION lib/mlacheck)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/python/mlacheck" DESTINATION lib/mlacheck/python
          FILES_MATCHING PATTERN "*.py")
endif()
install(FILES "${PROJECT_SOURCE_DIR}/harness/abi/subject.h"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/mlacheck")
install(TARGETS mlacheck_subject EXPORT mlacheckTargets)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/mlacheck")
install(EXPORT mlacheckTargets NAMESPACE mlacheck:: FILE mlacheckConfig.cmake
        DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/mlacheckConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/mlacheckConfigVersion.cmake" DESTINATION "${package_folder}")
