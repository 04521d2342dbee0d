# The hip backend: kernels by hipcc for one 64-wide and one 32-wide target; the harness side is plain
# C++ on the runtime API. CMake's own HIP language wants ROCm's folder layout, which Debian's hipcc
# does not have, so the units are custom commands.
find_program(MLACHECK_HIPCC hipcc REQUIRED)
find_path(MLACHECK_HIP_INCLUDE_DIR hip/hip_runtime_api.h REQUIRED)
find_library(MLACHECK_HIP_LIBRARY amdhip64 REQUIRED)
set(MLACHECK_HIP_ARCHITECTURES gfx90a gfx1030 CACHE STRING "GPU architectures for hipcc")

add_library(mlacheck::hip_runtime INTERFACE IMPORTED)
target_include_directories(mlacheck::hip_runtime INTERFACE "${MLACHECK_HIP_INCLUDE_DIR}")
target_compile_definitions(mlacheck::hip_runtime INTERFACE __HIP_PLATFORM_AMD__)
target_link_libraries(mlacheck::hip_runtime INTERFACE "${MLACHECK_HIP_LIBRARY}")

list(TRANSFORM MLACHECK_HIP_ARCHITECTURES PREPEND --offload-arch=
     OUTPUT_VARIABLE MLACHECK_HIP_OPTIONS)
list(APPEND MLACHECK_HIP_OPTIONS -std=c++20 -O2 -g1 -fPIC -Wall -Wextra)
if(MLACHECK_WERROR)
  list(APPEND MLACHECK_HIP_OPTIONS -Werror)
endif()

# Without a GPU of AMD's its machine code is interpreted (harness/amd, docs/hip.md).
if(EXISTS /dev/kfd)
  set(interpreted OFF)
else()
  set(interpreted ON)
endif()
option(MLACHECK_HIP_INTERPRETED "Run the hip tests through the interpreter" ${interpreted})

# mlacheck_compile_hip(<name> <unit> <object>): the rule that makes an object of a unit with kernels.
function(mlacheck_compile_hip name unit object)
  add_custom_command(
    OUTPUT "${object}"
    COMMAND "${MLACHECK_HIPCC}" ${MLACHECK_HIP_OPTIONS} "-I${PROJECT_SOURCE_DIR}" -MD -MF
            "${object}.d" -MT "${object}" -c "${unit}" -o "${object}"
    DEPENDS "${unit}"
    DEPFILE "${object}.d"
    COMMENT "Building HIP object ${name}"
    VERBATIM)
endfunction()

function(mlacheck_add_hip_unit name unit text)
  file(CONFIGURE OUTPUT "${unit}" CONTENT "${text}" @ONLY)
  set(object "${unit}.o")
  mlacheck_compile_hip(${name} "${unit}" "${object}")
  add_custom_target(mlacheck_${name} DEPENDS "${object}")
  set_property(GLOBAL APPEND PROPERTY MLACHECK_KERNEL_OBJECTS "${object}")
endfunction()

function(mlacheck_add_hip_backend)
  mlacheck_extend_backends(harness/backends/hip/*.cpp MLACHECK_HAS_HIP=1 mlacheck::hip_runtime)
endfunction()
