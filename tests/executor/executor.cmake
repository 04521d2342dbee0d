# The executor's own tests, in every sanitizer build: ctest -R ^executor
#
# One test for each suite. A suite that belongs to a sanitizer which this build lacks is skipped.
add_library(executor_test_kernels OBJECT
            "${PROJECT_SOURCE_DIR}/tests/executor/kernels_w32.cpp"
            "${PROJECT_SOURCE_DIR}/tests/executor/kernels_w64.cpp")
target_include_directories(executor_test_kernels PRIVATE "${PROJECT_SOURCE_DIR}")
target_compile_options(executor_test_kernels PRIVATE -O2)
target_link_libraries(executor_test_kernels PRIVATE mlacheck_flags)
mlacheck_sanitize_kernels(executor_test_kernels)

mlacheck_glob(executor_test_sources tests/executor/*_test.cpp tests/executor/main.cpp
              tests/executor/numeric.cpp tests/executor/support.cpp)
add_executable(executor_test ${executor_test_sources} $<TARGET_OBJECTS:executor_test_kernels>)
target_include_directories(executor_test PRIVATE "${PROJECT_SOURCE_DIR}")
target_link_libraries(executor_test PRIVATE mlacheck_flags mlacheck_op mlacheck_cpu_executor
                                            GTest::gtest)
mlacheck_sanitize_harness(executor_test)
mlacheck_compile_tests_fast(executor_test)
mlacheck_sanitize_link(executor_test)

set(suites "")
foreach(source IN LISTS executor_test_sources)
  file(STRINGS "${source}" lines REGEX "^TEST[_FP]*\\(")
  list(TRANSFORM lines REPLACE "^TEST[_FP]*\\(([A-Za-z0-9]+),.*" "\\1")
  list(APPEND suites ${lines})
endforeach()
list(TRANSFORM suites REPLACE "DeathTest$" "")
list(REMOVE_DUPLICATES suites)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${executor_test_sources})
foreach(suite IN LISTS suites)
  string(REGEX REPLACE "([a-z])([A-Z])" "\\1_\\2" name "${suite}")
  string(TOLOWER "${name}" name)
  add_test(NAME executor.${name} COMMAND executor_test --gtest_filter=${suite}.*:${suite}DeathTest.*)
  set_tests_properties(
    executor.${name} PROPERTIES LABELS "self;executor" TIMEOUT 600
                                SKIP_RETURN_CODE 77)
endforeach()
