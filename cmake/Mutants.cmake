# mlacheck_mutants: all mutants as one shared library beside the program, which loads it for
# `mlacheck mutants`. The executor and the value types come from the program.
set(mutants_folder "${PROJECT_BINARY_DIR}/mutants")
file(GLOB mutant_recipes CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/mutants/*/*.mutant")
file(GLOB mutated_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/kernels/*/*.h")
set(mutate "${PROJECT_SOURCE_DIR}/cmake/mutate.py")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${mutant_recipes} ${mutated_sources}
                                       "${mutate}")
execute_process(
  COMMAND "${Python3_EXECUTABLE}" "${mutate}" --root "${PROJECT_SOURCE_DIR}" --recipes
          "${PROJECT_SOURCE_DIR}/tests/mutants" --out "${mutants_folder}"
  OUTPUT_VARIABLE mutant_ids
  OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "a mutant's recipe does not fit its source (see above)")
endif()
string(REPLACE "\n" ";" mutant_ids "${mutant_ids}")

set(mutant_units "")
foreach(id IN LISTS mutant_ids)
  # The mutated copy of a header is found before the original.
  set(unit "${mutants_folder}/${id}/unit.cpp")
  set_source_files_properties("${unit}" PROPERTIES INCLUDE_DIRECTORIES "${mutants_folder}/${id}")
  list(APPEND mutant_units "${unit}")
endforeach()
add_library(mlacheck_mutants MODULE "${mutants_folder}/list.cpp" ${mutant_units})
set_target_properties(mlacheck_mutants PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}"
                                                  PREFIX "")
target_include_directories(mlacheck_mutants PRIVATE "${PROJECT_SOURCE_DIR}")
target_compile_features(mlacheck_mutants PRIVATE cxx_std_20)
target_compile_options(mlacheck_mutants PRIVATE -O1 -g0 -ffp-contract=off -Wno-unused)
# What all ops' subjects include. Nothing of harness/device: a recipe may change it, and what it
# says depends on the unit's macros.
mlacheck_precompile(
  mlacheck_mutants <algorithm> <limits> <optional> \"harness/op/argument_checks.hpp\"
  \"harness/values/quotient.hpp\" \"harness/op/subject.hpp\")
