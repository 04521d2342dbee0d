# cli.<topic>: the command line, as a user sees it; one file each.
mlacheck_glob(cli_tests tests/cli/*_test.py)
if(NOT TARGET mlacheck_mutants)
  list(FILTER cli_tests EXCLUDE REGEX "/mutants_test\\.py$")
endif()
foreach(source IN LISTS cli_tests)
  get_filename_component(topic "${source}" NAME_WE)
  string(REGEX REPLACE "_test$" "" topic "${topic}")
  add_test(NAME cli.${topic} COMMAND "${Python3_EXECUTABLE}" -B "${source}" "$<TARGET_FILE:mlacheck>"
                                     "${PROJECT_SOURCE_DIR}")
  set_tests_properties(cli.${topic} PROPERTIES TIMEOUT ${timeout} LABELS cli)
endforeach()
