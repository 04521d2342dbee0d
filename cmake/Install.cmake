# `cmake --install build/cpu --prefix P` gives P/bin/mlacheck, the headers in P/include/mlacheck and a
# package for find_package(mlacheck) with the target mlacheck::subject: all that a subject needs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(mlacheck_subject INTERFACE)
set_target_properties(mlacheck_subject PROPERTIES EXPORT_NAME subject)
target_include_directories(
  mlacheck_subject INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
install(TARGETS mlacheck RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/harness/abi/subject.h"
              "${PROJECT_SOURCE_DIR}/harness/abi/adapt.hpp"
              "${PROJECT_SOURCE_DIR}/harness/abi/stage.hpp"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/mlacheck")
# What `mlacheck mutants --source` runs, and the rules that it takes its edits from.
set(mutation_scripts own_source edits operators source statements)
list(TRANSFORM mutation_scripts PREPEND "${PROJECT_SOURCE_DIR}/ci/mutation/")
list(TRANSFORM mutation_scripts APPEND ".py")
install(FILES ${mutation_scripts} DESTINATION "${CMAKE_INSTALL_DATADIR}/mlacheck/mutation")
# A build folder has the same at hand, and the headers.
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/include")
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/ci/mutation" "${PROJECT_BINARY_DIR}/mutation" SYMBOLIC)
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/harness/abi" "${PROJECT_BINARY_DIR}/include/mlacheck" SYMBOLIC)
install(TARGETS mlacheck_subject EXPORT mlacheckTargets)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/mlacheck")
install(EXPORT mlacheckTargets NAMESPACE mlacheck:: FILE mlacheckConfig.cmake
        DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/mlacheckConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/mlacheckConfigVersion.cmake" DESTINATION "${package_folder}")
