# mlacheck_cpu_executor: runs kernels on the CPU. It is never compiled for MSan or TSan, whatever the
# build: it is what tells them about fibers (docs/cpu-executor.md).
# Static, so that a built program runs on machines without Boost.
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.74 REQUIRED COMPONENTS context)
find_package(Threads REQUIRED)

set(executor_folder "${PROJECT_SOURCE_DIR}/harness/backends/cpu")
mlacheck_glob(executor_sources harness/backends/cpu/*.cpp harness/backends/cpu/*/*.cpp)
# The backend, which knows the harness, is no part of it.
list(FILTER executor_sources EXCLUDE REGEX "/cpu/backend[^/]*\\.cpp$")
add_library(mlacheck_cpu_executor STATIC ${executor_sources})
add_library(mlacheck::cpu_executor ALIAS mlacheck_cpu_executor)
target_compile_features(mlacheck_cpu_executor PUBLIC cxx_std_20)
target_compile_options(mlacheck_cpu_executor PRIVATE -O2)
target_include_directories(mlacheck_cpu_executor PUBLIC "${PROJECT_SOURCE_DIR}")
target_link_libraries(mlacheck_cpu_executor PRIVATE Boost::context PUBLIC Threads::Threads)
mlacheck_sanitize_harness(mlacheck_cpu_executor)

set_property(SOURCE "${executor_folder}/sanitizers/source_path.cpp"
             APPEND PROPERTY COMPILE_DEFINITIONS MLACHECK_SOURCE_ROOT="${PROJECT_SOURCE_DIR}/")

# Debian's clang brings a link to a symbolizer that only the llvm package has, and the run-time
# libraries take the link for the thing: name one that exists. Without any, findings give addresses.
if(MLACHECK_SANITIZE)
  find_program(MLACHECK_SYMBOLIZER NAMES llvm-symbolizer-19 llvm-symbolizer addr2line)
  if(MLACHECK_SYMBOLIZER)
    set_property(
      SOURCE "${executor_folder}/sanitizers/sanitizer_options.cpp"
      APPEND
      PROPERTY COMPILE_DEFINITIONS
               "MLACHECK_SANITIZER_OPTIONS=\":external_symbolizer_path=${MLACHECK_SYMBOLIZER}\"")
  else()
    message(STATUS "mlacheck: no symbolizer found, sanitizer findings will have no source lines")
  endif()
endif()
