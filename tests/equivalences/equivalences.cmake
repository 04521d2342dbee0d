# <equivalence>.<backend>: the equivalences of the quantized ops, by the names in their registry.
mlacheck_add_executable(
  equivalences_test SOURCES tests/equivalences/*.cpp tests/support/property_program.cpp
  LINK mlacheck_sweep mlacheck_report rapidcheck GTest::gtest CLI11::CLI11)
if(TARGET equivalences_test)
  mlacheck_compile_tests_fast(equivalences_test)
  set(registry "${CMAKE_CURRENT_SOURCE_DIR}/equivalences/registry.cpp")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${registry}")
  file(STRINGS "${registry}" lines REGEX "^ +{\"")
  set(equivalence_cases "")
  if(MLACHECK_SANITIZE)
    set(equivalence_cases --cases 20)
  endif()
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^ +{\"([^\"]+)\".*" "\\1" equivalence "${line}")
    foreach(backend IN LISTS MLACHECK_BACKENDS)
      set(name ${equivalence}.${backend})
      add_test(NAME ${name} COMMAND equivalences_test --property ${equivalence}
                                    --backend ${backend} ${equivalence_cases})
      set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${timeout}
                                              LABELS "equivalence;${backend}")
    endforeach()
  endforeach()
endif()
