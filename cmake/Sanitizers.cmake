# Sanitizer builds, driven by MLACHECK_SANITIZE: "" (none), asan (with UBSan), msan, tsan-intra (races
# inside a block) or tsan-inter (races between blocks). docs/cpu-executor.md says what they see.
#
#   mlacheck_sanitize_kernels(<target>)  a unit of kernels: what the sanitizer must see
#   mlacheck_sanitize_library(<target>)  a library of the harness
#   mlacheck_sanitize_harness(<target>)  everything else that is compiled
#   mlacheck_sanitize_link(<target>)     every executable
#   mlacheck_compile_tests_fast(<target>)  a program of GoogleTest units
#
# MSan and TSan instrument kernel units only. The rest would have to be rebuilt down to the C++
# library for MSan, and for TSan the executor must be the only one to say what is ordered.

set(MLACHECK_SANITIZERS asan msan tsan-intra tsan-inter)
if(MLACHECK_SANITIZE AND NOT MLACHECK_SANITIZE IN_LIST MLACHECK_SANITIZERS)
  message(FATAL_ERROR "MLACHECK_SANITIZE is \"${MLACHECK_SANITIZE}\" where one of \
${MLACHECK_SANITIZERS} or nothing was expected")
endif()
if(MLACHECK_SANITIZE AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "MLACHECK_SANITIZE=${MLACHECK_SANITIZE} needs clang (tested with 19), but \
CMAKE_CXX_COMPILER is ${CMAKE_CXX_COMPILER}")
endif()

set(MLACHECK_SANITIZER_IGNORELIST "${CMAKE_CURRENT_LIST_DIR}/msan-ignorelist.txt")
string(TOUPPER "MLACHECK_${MLACHECK_SANITIZE}" MLACHECK_SANITIZER_MACRO)
string(REPLACE "-" "_" MLACHECK_SANITIZER_MACRO "${MLACHECK_SANITIZER_MACRO}")

# Reports are findings: the program goes on after one. vptr and function would ask uninstrumented
# libraries for what they do not have.
set(MLACHECK_ASAN_OPTIONS -fsanitize=address,undefined -fno-sanitize=vptr,function
                          -fsanitize-recover=all)
if(MLACHECK_SANITIZE STREQUAL "asan")
  set(MLACHECK_KERNEL_SANITIZER_OPTIONS ${MLACHECK_ASAN_OPTIONS})
  set(MLACHECK_HARNESS_SANITIZER_OPTIONS ${MLACHECK_ASAN_OPTIONS})
  set(MLACHECK_LINK_SANITIZER_OPTIONS ${MLACHECK_ASAN_OPTIONS})
  # UBSan reports each source line once per process; harness/backends/cpu/sanitizers/ubsan_handlers.cpp wraps
  # its handlers so that a case that is run again is reported again.
  foreach(
    handler
    add_overflow
    alignment_assumption
    divrem_overflow
    float_cast_overflow
    implicit_conversion
    invalid_builtin
    load_invalid_value
    mul_overflow
    negate_overflow
    nonnull_arg
    out_of_bounds
    pointer_overflow
    shift_out_of_bounds
    sub_overflow
    type_mismatch_v1
    vla_bound_not_positive)
    list(APPEND MLACHECK_LINK_SANITIZER_OPTIONS LINKER:--wrap=__ubsan_handle_${handler})
  endforeach()
elseif(MLACHECK_SANITIZE STREQUAL "msan")
  # Arguments are passed with their shadow instead of being checked at each call: handing on an
  # undefined value that nobody uses is no defect of a kernel.
  set(MLACHECK_KERNEL_SANITIZER_OPTIONS
      -fsanitize=memory -fsanitize-recover=memory -fno-sanitize-memory-param-retval
      "-fsanitize-ignorelist=${MLACHECK_SANITIZER_IGNORELIST}")
  set(MLACHECK_LINK_SANITIZER_OPTIONS -fsanitize=memory)
elseif(MLACHECK_SANITIZE MATCHES "^tsan")
  set(MLACHECK_KERNEL_SANITIZER_OPTIONS
      -fsanitize=thread "-fsanitize-ignorelist=${MLACHECK_SANITIZER_IGNORELIST}")
  if(MLACHECK_SANITIZE STREQUAL "tsan-inter")
    # The stacks of a block's threads share one shadow call stack.
    list(APPEND MLACHECK_KERNEL_SANITIZER_OPTIONS
         "SHELL:-mllvm -tsan-instrument-func-entry-exit=0")
  endif()
  set(MLACHECK_LINK_SANITIZER_OPTIONS -fsanitize=thread)
endif()

# MSan and TSan do not see the harness, and no library of it but the executor and the backends hangs on
# the sanitizer. With GCC and the flags of the plain build those libraries are the same objects as there,
# and the compiler cache has them.
set(MLACHECK_GCC_LAUNCHER "")
if(MLACHECK_SANITIZE MATCHES "^(msan|tsan)")
  find_program(MLACHECK_GCC c++)
  set(version "")
  if(MLACHECK_GCC)
    execute_process(COMMAND "${MLACHECK_GCC}" --version OUTPUT_VARIABLE version ERROR_QUIET)
  endif()
  if(version MATCHES "Free Software Foundation")
    set(MLACHECK_GCC_LAUNCHER "${CMAKE_CURRENT_LIST_DIR}/compile_by" ${CMAKE_CXX_COMPILER_LAUNCHER}
                              "${MLACHECK_GCC}" --)
  endif()
endif()

function(mlacheck_map_paths target)
  # Findings name source files: relative to the root, not to somebody's home or to the build folder,
  # as the compiler cache does.
  file(RELATIVE_PATH root "${PROJECT_BINARY_DIR}" "${PROJECT_SOURCE_DIR}")
  foreach(prefix "${PROJECT_SOURCE_DIR}" "${root}")
    target_compile_options(${target} PRIVATE
                           "$<$<COMPILE_LANGUAGE:CXX>:-fmacro-prefix-map=${prefix}/=>")
  endforeach()
endfunction()

function(mlacheck_sanitize_common target)
  mlacheck_map_paths(${target})
  if(MLACHECK_SANITIZE)
    target_compile_definitions(${target} PRIVATE ${MLACHECK_SANITIZER_MACRO}=1)
    target_compile_options(${target} PRIVATE -g1 -fno-omit-frame-pointer)
  endif()
endfunction()

function(mlacheck_sanitize_kernels target)
  mlacheck_sanitize_common(${target})
  if(MLACHECK_SANITIZE)
    target_compile_options(${target} PRIVATE ${MLACHECK_KERNEL_SANITIZER_OPTIONS}
                                             -fno-optimize-sibling-calls)
    set_property(TARGET ${target} APPEND PROPERTY OBJECT_DEPENDS "${MLACHECK_SANITIZER_IGNORELIST}")
  endif()
endfunction()

function(mlacheck_sanitize_harness target)
  mlacheck_sanitize_common(${target})
  if(MLACHECK_SANITIZE)
    target_compile_options(${target} PRIVATE ${MLACHECK_HARNESS_SANITIZER_OPTIONS})
  endif()
endfunction()

function(mlacheck_sanitize_library target)
  if(MLACHECK_GCC_LAUNCHER AND NOT target STREQUAL "mlacheck_backends")
    mlacheck_map_paths(${target})
    set_target_properties(${target} PROPERTIES MLACHECK_COMPILED_BY_GCC ON
                                               CXX_COMPILER_LAUNCHER "${MLACHECK_GCC_LAUNCHER}")
  else()
    mlacheck_sanitize_harness(${target})
  endif()
endfunction()

# For units that only hold tests, after the functions above: they take half the time to compile, and
# what a test waits for is in the libraries.
function(mlacheck_compile_tests_fast target)
  if(MLACHECK_SANITIZE)
    target_compile_options(${target} PRIVATE -O0 -g0)
  else()
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:-O1>")
  endif()
  mlacheck_precompile(${target} <gtest/gtest.h> <algorithm> <cmath> <functional> <limits> <map>
                      <optional> <set> <stdexcept> <string> <vector>)
endfunction()

function(mlacheck_sanitize_link target)
  if(MLACHECK_SANITIZE)
    target_link_options(${target} PRIVATE ${MLACHECK_LINK_SANITIZER_OPTIONS})
  endif()
endfunction()
