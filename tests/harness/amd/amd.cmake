# amd.*: tests of the interpreter. They need LLVM's tools, which the hip build installs.
mlacheck_glob(amd_sources tests/harness/amd/*_test.cpp tests/harness/amd/*/*_test.cpp
              tests/harness/amd/support/*.cpp)
list(FILTER amd_sources EXCLUDE REGEX /runtime/)
set_source_files_properties(
  "${CMAKE_CURRENT_SOURCE_DIR}/harness/amd/instructions/table_test.cpp"
  PROPERTIES COMPILE_DEFINITIONS
             "MLACHECK_INSTRUCTION_TABLES=\"${CMAKE_CURRENT_SOURCE_DIR}/harness/amd/instructions\"")
add_executable(amd_test ${amd_sources})
target_link_libraries(amd_test PRIVATE mlacheck_flags mlacheck_amd GTest::gtest_main)
target_include_directories(amd_test PRIVATE "${PROJECT_SOURCE_DIR}")
mlacheck_sanitize_harness(amd_test)
mlacheck_compile_tests_fast(amd_test)
mlacheck_sanitize_link(amd_test)
if(MLACHECK_HIP)
  gtest_discover_tests(
    amd_test
    TEST_PREFIX amd.
    DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS amd TIMEOUT ${timeout})
else()
  set_target_properties(amd_test PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

# Calls the stand-in as any program would. One process a test: a fault loses the device.
if(TARGET mlacheck_amdhip)
  mlacheck_glob(runtime_test_sources tests/harness/amd/runtime/*_test.cpp tests/harness/amd/support/*.cpp)
  add_executable(amd_runtime_test ${runtime_test_sources})
  target_compile_definitions(amd_runtime_test PRIVATE __HIP_PLATFORM_AMD__)
  target_include_directories(amd_runtime_test PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(amd_runtime_test PRIVATE mlacheck_flags mlacheck_amd mlacheck_amdhip
                                                 GTest::gtest_main)
  mlacheck_compile_tests_fast(amd_runtime_test)
  foreach(target IN ITEMS gfx90a gfx1030)
    gtest_discover_tests(
      amd_runtime_test
      TEST_PREFIX amd.${target}.
      TEST_LIST amd_runtime_${target}
      DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS amd TIMEOUT ${timeout} ENVIRONMENT MLACHECK_INTERPRETED_TARGET=${target})
  endforeach()
endif()

if(MLACHECK_HIP_INTERPRETED AND MLACHECK_HIP)
  include(harness/amd/checked.cmake)
  include(harness/amd/planted.cmake)
  include(harness/amd/ordinary.cmake)
endif()
