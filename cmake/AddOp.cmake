# mlacheck_add_op(<op> [PROPERTY <property>])
#
# Compiles kernels/<op>/<op>.subject.h once for each backend of this build, through a generated unit
# that picks the backend by macro, and enters the op in the registry. PROPERTY names the op's own
# property, that each variant agrees with the one that it replaces, beside matches_reference.<op>
# that every op has; tests/ turns them into ctest entries <property>.<backend>.

set(MLACHECK_BACKENDS cpu.w32 cpu.w64)
if(MLACHECK_CUDA)
  list(APPEND MLACHECK_BACKENDS cuda)
endif()
if(MLACHECK_HIP)
  list(APPEND MLACHECK_BACKENDS hip)
endif()

set(MLACHECK_MACROS_cpu.w32 "#define MLACHECK_BACKEND_CPU 1\n#define MLACHECK_WARP_WIDTH 32\n")
set(MLACHECK_MACROS_cpu.w64 "#define MLACHECK_BACKEND_CPU 1\n#define MLACHECK_WARP_WIDTH 64\n")
set(MLACHECK_MACROS_cuda "#define MLACHECK_BACKEND_CUDA 1\n")
set(MLACHECK_MACROS_hip "#define MLACHECK_BACKEND_HIP 1\n")

function(mlacheck_add_op op)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROPERTY" "")
  # An op that is being written stays out of the build, so that the others' keep working;
  # meta.completeness is what insists on all pieces.
  foreach(piece kernels/${op}/${op}.subject.h reference/${op}/oracle.hpp properties/${op}/model.hpp)
    mlacheck_glob(found ${piece})
    if(NOT found)
      message(STATUS "mlacheck: op ${op} left out: no ${piece}")
      return()
    endif()
  endforeach()
  foreach(backend IN LISTS MLACHECK_BACKENDS)
    string(REPLACE "." "_" space "${backend}")
    set(function_name ${op}_${space})
    set(unit_text
        "${MLACHECK_MACROS_${backend}}#include \"kernels/${op}/${op}.subject.h\"\n\n\
namespace mlacheck {\nSubjectTable ${function_name}();\n\
SubjectTable ${function_name}() { return ${space}::${op}::subjects(); }\n}  // namespace mlacheck\n")
    set(unit "${PROJECT_BINARY_DIR}/generated/${function_name}")
    if(backend STREQUAL "cuda")
      mlacheck_add_cuda_unit(${function_name} "${unit}.cu" "${unit_text}")
    elseif(backend STREQUAL "hip")
      mlacheck_add_hip_unit(${function_name} "${unit}.hip" "${unit_text}")
    else()
      mlacheck_add_cpu_unit(${function_name} "${unit}.cpp" "${unit_text}")
    endif()
    set_property(GLOBAL APPEND PROPERTY MLACHECK_TABLES ${function_name})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY MLACHECK_OPS ${op})
  set_property(GLOBAL APPEND PROPERTY MLACHECK_PROPERTIES matches_reference.${op}
                                      ${arg_PROPERTY})
  set_property(GLOBAL PROPERTY MLACHECK_PROPERTY_OF_${op} ${arg_PROPERTY})
endfunction()

function(mlacheck_add_cpu_unit name unit text)
  file(CONFIGURE OUTPUT "${unit}" CONTENT "${text}" @ONLY)
  add_library(mlacheck_${name} OBJECT "${unit}")
  target_include_directories(mlacheck_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_options(mlacheck_${name} PRIVATE -O2)
  target_link_libraries(mlacheck_${name} PRIVATE mlacheck_flags mlacheck_cpu_executor)
  mlacheck_sanitize_kernels(mlacheck_${name})
  set_property(GLOBAL APPEND PROPERTY MLACHECK_KERNEL_OBJECTS $<TARGET_OBJECTS:mlacheck_${name}>)
endfunction()

# Defines mlacheck_kernels: all units, and the registry that lists them.
function(mlacheck_finish_ops)
  get_property(tables GLOBAL PROPERTY MLACHECK_TABLES)
  get_property(objects GLOBAL PROPERTY MLACHECK_KERNEL_OBJECTS)
  list(TRANSFORM tables REPLACE "(.+)" "SubjectTable \\1()|" OUTPUT_VARIABLE declarations)
  list(TRANSFORM tables REPLACE "(.+)" "      \\1()," OUTPUT_VARIABLE calls)
  list(JOIN declarations "\n" declarations)
  string(REPLACE "|" ";" declarations "${declarations}")
  list(JOIN calls "\n" calls)
  set(registry "${PROJECT_BINARY_DIR}/generated/registry.cpp")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/registry.cpp.in" "${registry}" @ONLY)

  add_library(mlacheck_kernels STATIC "${registry}" ${objects})
  add_library(mlacheck::kernels ALIAS mlacheck_kernels)
  target_include_directories(mlacheck_kernels PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(
    mlacheck_kernels PRIVATE mlacheck_flags
    PUBLIC mlacheck_op mlacheck_cpu_executor ${CMAKE_DL_LIBS})
  if(MLACHECK_CUDA)
    target_link_libraries(mlacheck_kernels PUBLIC CUDA::cudart_static)
  endif()
  if(MLACHECK_HIP)
    target_link_libraries(mlacheck_kernels PUBLIC mlacheck::hip_runtime)
  endif()
  mlacheck_sanitize_harness(mlacheck_kernels)
endfunction()
