# `cmake --install build/cpu --prefix P` gives P/bin/mlacheck, the headers in P/include/mlacheck, what Python
# subjects need in P/lib/mlacheck, and a package for find_package(mlacheck) with the target
# mlacheck::subject: all that a subject needs. pyproject.toml installs the component `wheel` alone.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(headers subject.h adapt.hpp stage.hpp)
list(TRANSFORM headers PREPEND "${PROJECT_SOURCE_DIR}/harness/abi/")
# What `mlacheck mutants --source` runs, and the rules that it takes its edits from.
set(mutation_scripts own_source edits operators source statements)
list(TRANSFORM mutation_scripts PREPEND "${PROJECT_SOURCE_DIR}/ci/mutation/")
list(TRANSFORM mutation_scripts APPEND ".py")

if(MLACHECK_WHEEL)
  # Beside the package's own modules. Other systems may have an older C++ library, and a plug-in its own
  # one, whose names must not meet ours.
  foreach(target IN ITEMS mlacheck mlacheck_python_worker mlacheck_amd_capi)
    install(TARGETS ${target} RUNTIME DESTINATION mlacheck/bin COMPONENT wheel
                              LIBRARY DESTINATION mlacheck/bin COMPONENT wheel)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc
                        LINKER:--exclude-libs,libstdc++.a:libgcc.a:libgcc_eh.a)
  endforeach()
  install(FILES ${headers} DESTINATION mlacheck/include/mlacheck COMPONENT wheel)
  install(FILES ${mutation_scripts} DESTINATION mlacheck/share/mlacheck/mutation COMPONENT wheel)
  return()
endif()

add_library(mlacheck_subject INTERFACE)
set_target_properties(mlacheck_subject PROPERTIES EXPORT_NAME subject)
target_include_directories(
  mlacheck_subject INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
install(TARGETS mlacheck RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
if(TARGET mlacheck_python_worker)
  # Where the program looks for them, whatever the library folder is called here.
  install(TARGETS mlacheck_python_worker LIBRARY DESTINATION lib/mlacheck)
  # Of mlacheck.amd, which says so where it is missing.
  install(TARGETS mlacheck_amd_capi LIBRARY DESTINATION lib/mlacheck OPTIONAL)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/python/mlacheck" DESTINATION lib/mlacheck/python
          FILES_MATCHING PATTERN "*.py")
endif()
install(FILES ${headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/mlacheck")
install(FILES ${mutation_scripts} DESTINATION "${CMAKE_INSTALL_DATADIR}/mlacheck/mutation")
# A build folder has the same at hand.
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
