# Real models' shapes take a sanitizer minutes and show it nothing that small ones do not; and a quarter of
# the default of 200 drawn cases has to do. TSan costs ten times as much: smaller cases, and only the runs of the value
# checks, since the others repeat the same accesses to other bytes.
set(fewer_cases "")
if(MLACHECK_SANITIZE MATCHES "^tsan")
  set(fewer_cases --cases 50 --largest 4096 --values-only)
elseif(MLACHECK_SANITIZE)
  set(fewer_cases --cases 50 --largest 65536)
endif()
# An interpreted device takes several times as long as the CPU.
set(interpreted_cases --cases 30 --largest 8192)

# <property>.<backend>: one process each, so that a crash costs one property on one backend.
mlacheck_add_executable(
  properties_test SOURCES tests/properties/properties_test.cpp tests/support/property_program.cpp
  LINK mlacheck_sweep mlacheck_report mlacheck_commit_of_build rapidcheck GTest::gtest CLI11::CLI11)
if(TARGET properties_test)
  mlacheck_compile_tests_fast(properties_test)
  get_property(properties GLOBAL PROPERTY MLACHECK_PROPERTIES)
  foreach(property IN LISTS properties)
    foreach(backend IN LISTS MLACHECK_BACKENDS)
      set(arguments --property ${property} --backend ${backend} ${fewer_cases})
      if(backend STREQUAL "hip" AND MLACHECK_HIP_INTERPRETED)
        list(APPEND arguments ${interpreted_cases})
      endif()
      mlacheck_add_backend_test(${property} ${backend} property properties_test ${arguments})
    endforeach()
  endforeach()
endif()
