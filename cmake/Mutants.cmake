# The mutants (tests/mutants) as shared libraries beside the program, which loads them for
# `mlacheck mutants`. The executor and the value types come from the program.
#
# mlacheck_mutants has the recipes for the CPU; the target mlacheck_mutants_cuda, in builds with CUDA
# and not part of `all`, those for a GPU; mlacheck_mutants_hip, in builds with HIP, those for HIP alone.
file(GLOB mutant_recipes CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/mutants/*/*.mutant")
file(GLOB mutated_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/kernels/*/*.h")
set(mutate "${PROJECT_SOURCE_DIR}/cmake/mutate.py")
file(GLOB hip_dialect CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/harness/device/hip/*.h")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${mutant_recipes} ${mutated_sources}
                                       ${hip_dialect} "${mutate}")

# mlacheck_write_mutants(<cpu, cuda or hip>) writes the sources, and sets mutants_folder and mutant_units,
# a name for each unit.
function(mlacheck_write_mutants target)
  set(folder "${PROJECT_BINARY_DIR}/mutants")
  execute_process(
    COMMAND "${Python3_EXECUTABLE}" "${mutate}" --root "${PROJECT_SOURCE_DIR}" --recipes
            "${PROJECT_SOURCE_DIR}/tests/mutants" --out "${folder}" --target ${target} --ops
            ${MLACHECK_CUDA_MUTANTS}
    OUTPUT_VARIABLE units
    OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "a mutant's recipe does not fit its source (see above)")
  endif()
  string(REPLACE "\n" ";" units "${units}")
  set(mutants_folder "${folder}" PARENT_SCOPE)
  set(mutant_units "${units}" PARENT_SCOPE)
endfunction()

function(mlacheck_add_mutants library)
  add_library(${library} MODULE "${mutants_folder}/list.cpp" ${ARGN})
  set_target_properties(${library} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}"
                                              PREFIX "")
  target_include_directories(${library} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_features(${library} PRIVATE cxx_std_20)
endfunction()

if(MLACHECK_CUDA)
  set(MLACHECK_CUDA_MUTANTS "" CACHE STRING "Ops whose mutants are compiled for CUDA; empty: all")
  mlacheck_write_mutants(cuda)
  list(TRANSFORM mutant_units REPLACE "(.+)" "${mutants_folder}/\\1.cu")
  # Less optimized, device code takes nvcc half the time. What only a GPU can show may hang on what an
  # optimizer makes of it.
  set(quick_units ${mutant_units})
  list(FILTER quick_units EXCLUDE REGEX "-gpu-[0-9]+[.]cu$")
  set_source_files_properties(${quick_units} PROPERTIES COMPILE_OPTIONS "-Xcicc=-O1;-Xptxas=-O1")
  mlacheck_add_mutants(mlacheck_mutants_cuda ${mutant_units})
  set_target_properties(mlacheck_mutants_cuda PROPERTIES EXCLUDE_FROM_ALL ON
                                                         CUDA_VISIBILITY_PRESET hidden)
  target_include_directories(mlacheck_mutants_cuda PRIVATE "${mutants_folder}")
  # All but device code is made small: the library travels to machines with a GPU.
  target_compile_options(
    mlacheck_mutants_cuda
    PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-O2 -w -Xcompiler=-Os,-g0,-w --compress-mode=size>)
  target_link_libraries(mlacheck_mutants_cuda PRIVATE CUDA::cudart_static)
  target_link_options(mlacheck_mutants_cuda PRIVATE -s)
elseif(NOT MLACHECK_HIP)
  mlacheck_write_mutants(cpu)
  set(sources "")
  foreach(id IN LISTS mutant_units)
    # The mutated copy of a header is found before the original.
    set(unit "${mutants_folder}/${id}/unit.cpp")
    set_source_files_properties("${unit}" PROPERTIES INCLUDE_DIRECTORIES "${mutants_folder}/${id}")
    list(APPEND sources "${unit}")
  endforeach()
  mlacheck_add_mutants(mlacheck_mutants ${sources})
  target_compile_options(mlacheck_mutants PRIVATE -O1 -g0 -ffp-contract=off -Wno-unused)
  # What all ops' subjects include. Nothing of harness/device: a recipe may change it, and what it
  # says depends on the unit's macros.
  mlacheck_precompile(
    mlacheck_mutants <algorithm> <limits> <optional> \"harness/op/argument_checks.hpp\"
    \"harness/values/quotient.hpp\" \"harness/op/subject.hpp\")
endif()

if(MLACHECK_HIP)
  mlacheck_write_mutants(hip)
  set(objects "")
  foreach(name IN LISTS mutant_units)
    set(unit "${mutants_folder}/${name}.hip")
    # Their own warnings are none of the build's: -w.
    add_custom_command(
      OUTPUT "${unit}.o"
      COMMAND "${MLACHECK_HIPCC}" ${MLACHECK_HIP_OPTIONS} -O1 -w "-I${mutants_folder}"
              "-I${PROJECT_SOURCE_DIR}" -MD -MF "${unit}.d" -MT "${unit}.o" -c "${unit}" -o "${unit}.o"
      DEPENDS "${unit}"
      DEPFILE "${unit}.d"
      COMMENT "Building HIP mutants ${name}"
      VERBATIM)
    list(APPEND objects "${unit}.o")
  endforeach()
  mlacheck_add_mutants(mlacheck_mutants_hip ${objects})
  target_link_libraries(mlacheck_mutants_hip PRIVATE mlacheck::hip_runtime)
endif()
