# amd.*: tests of the interpreter. They need LLVM's tools, which the hip build installs.
mlacheck_glob(amd_sources tests/harness/amd/*_test.cpp tests/harness/amd/*/*_test.cpp)
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
