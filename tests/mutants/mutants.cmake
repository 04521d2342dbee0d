# Every mutant must be caught and no control refused. It measures in seconds, so nothing runs beside it.
if(TARGET mlacheck_mutants AND NOT MLACHECK_SANITIZE)
  add_test(NAME mutants COMMAND mlacheck mutants)
  set_tests_properties(mutants PROPERTIES LABELS mutants RUN_SERIAL ON TIMEOUT 1200)
endif()
