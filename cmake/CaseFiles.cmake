# Compiles the text of properties/<op>/*.cases into the program, for each op that a mlacheck_add_op
# line registers. A changed file is written out and compiled again by the next build; a new or a
# deleted one is noticed, too, since the pattern is looked at in each build.
get_property(mlacheck_ops GLOBAL PROPERTY MLACHECK_OPS)
list(TRANSFORM mlacheck_ops REPLACE "(.+)" "properties/\\1/*.cases" OUTPUT_VARIABLE patterns)
set(case_files "")
if(patterns)
  mlacheck_glob(case_files ${patterns})
endif()
set(case_texts "${PROJECT_BINARY_DIR}/generated/case_texts.cpp")
add_custom_command(
  OUTPUT "${case_texts}"
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DOUTPUT=${case_texts}"
          "-DFILES=${case_files}" -P "${CMAKE_CURRENT_LIST_DIR}/WriteCaseTexts.cmake"
  DEPENDS ${case_files} "${CMAKE_CURRENT_LIST_DIR}/WriteCaseTexts.cmake"
  COMMENT "Writing out the case files"
  VERBATIM)
