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

add_library(mlacheck_mutants MODULE "${mutants_folder}/list.cpp")
set_target_properties(mlacheck_mutants PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}"
                                                  PREFIX "")
foreach(id IN LISTS mutant_ids)
  # The mutated copy of a header is found before the original.
  string(MAKE_C_IDENTIFIER "mutant_${id}" name)
  add_library(${name} OBJECT "${mutants_folder}/${id}/unit.cpp")
  target_include_directories(${name} PRIVATE "${mutants_folder}/${id}" "${PROJECT_SOURCE_DIR}")
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_options(${name} PRIVATE -O1 -g0 -fPIC -ffp-contract=off -Wno-unused)
  target_sources(mlacheck_mutants PRIVATE $<TARGET_OBJECTS:${name}>)
endforeach()
target_include_directories(mlacheck_mutants PRIVATE "${PROJECT_SOURCE_DIR}")
target_compile_features(mlacheck_mutants PRIVATE cxx_std_20)
