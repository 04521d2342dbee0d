# Third-party packages, all from Debian (ci/setup installs them). Their headers are SYSTEM headers:
# imported targets are that by default.
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(rapidcheck REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json 3 REQUIRED)
find_package(fmt 9 REQUIRED)
# Debian has {fmt} as a shared library only, which other systems may lack.
set(MLACHECK_FMT fmt::fmt)
if(MLACHECK_WHEEL)
  set(MLACHECK_FMT fmt::fmt-header-only)
endif()
find_path(MLACHECK_DLPACK_INCLUDE_DIR dlpack/dlpack.h REQUIRED)
find_path(MLACHECK_RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)

add_library(mlacheck::random123 INTERFACE IMPORTED)
target_include_directories(mlacheck::random123
                           INTERFACE "${MLACHECK_RANDOM123_INCLUDE_DIR}")

add_library(mlacheck::dlpack INTERFACE IMPORTED)
target_include_directories(mlacheck::dlpack INTERFACE "${MLACHECK_DLPACK_INCLUDE_DIR}")

if(MLACHECK_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
endif()
