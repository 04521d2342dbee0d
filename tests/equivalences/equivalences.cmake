# <equivalence>.<backend>: the equivalences of the quantized ops and of the layer, by the names in their
# registry; and <equivalence>.broken, where mutants are named that must break it.
mlacheck_add_executable(
  equivalences_test SOURCES tests/equivalences/*.cpp tests/support/property_program.cpp
  LINK mlacheck_sweep mlacheck_process mlacheck_report mlacheck_commit_of_build rapidcheck GTest::gtest CLI11::CLI11)
if(TARGET equivalences_test)
  mlacheck_compile_tests_fast(equivalences_test)
  # Mutants use its executor.
  set_target_properties(equivalences_test PROPERTIES ENABLE_EXPORTS ON)
  set(registry "${CMAKE_CURRENT_SOURCE_DIR}/equivalences/registry.cpp")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${registry}")
  file(STRINGS "${registry}" lines REGEX "^ +{\"[^/\"]+\"")
  set(equivalence_cases "")
  if(MLACHECK_SANITIZE)
    set(equivalence_cases --cases 20)
  endif()
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^ +{\"([^\"]+)\".*" "\\1" equivalence "${line}")
    foreach(backend IN LISTS MLACHECK_BACKENDS)
      set(arguments --property ${equivalence} --backend ${backend} ${equivalence_cases})
      if(backend STREQUAL "hip" AND MLACHECK_HIP_INTERPRETED)
        list(APPEND arguments --cases 20)
      endif()
      mlacheck_add_backend_test(${equivalence} ${backend} equivalence equivalences_test ${arguments})
    endforeach()
    if(equivalence MATCHES "^L" AND TARGET mlacheck_mutants AND NOT MLACHECK_SANITIZE)
      add_test(NAME ${equivalence}.broken
               COMMAND equivalences_test --property ${equivalence} --broken
                       "$<TARGET_FILE:mlacheck_mutants>")
      set_tests_properties(${equivalence}.broken PROPERTIES LABELS equivalence TIMEOUT ${timeout})
    endif()
  endforeach()
endif()
