# Language level, warnings and the compiler cache, for every target of the project.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# The presets share most objects, and so do checkouts: where the sources lie and which folder is built
# in may not count as a difference. So the cache makes all paths relative, and debug information says
# "." for the build folder. Units with a precompiled header are cached only with the sloppiness that
# is named here; no header of ours that is precompiled asks for a macro, or for the time.
find_program(MLACHECK_CCACHE ccache)
if(MLACHECK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env CCACHE_NOHASHDIR=1 "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
      CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_COMMENTS=1 "${MLACHECK_CCACHE}")
  set(CMAKE_CUDA_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-fdebug-prefix-map=${PROJECT_BINARY_DIR}=.>")
endif()

# Contracting a * b + c into a fused multiply-add would make a result depend on the compiler; the
# bounds are derived for the operations that the source names. nvcc and hipcc keep their defaults:
# there the kernels are tested as they ship.
set(MLACHECK_FP_OPTIONS -ffp-contract=off)
set(MLACHECK_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # GCC 12's own std::stable_sort calls a deprecated function, and clang blames the caller.
  list(APPEND MLACHECK_WARNINGS
       $<$<NOT:$<BOOL:$<TARGET_PROPERTY:MLACHECK_COMPILED_BY_GCC>>>:-Wno-deprecated-declarations>)
endif()
if(MLACHECK_WERROR)
  list(APPEND MLACHECK_WARNINGS -Werror)
endif()

add_library(mlacheck_flags INTERFACE)
target_compile_options(
  mlacheck_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${MLACHECK_WARNINGS};${MLACHECK_FP_OPTIONS}>")
