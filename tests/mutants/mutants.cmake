# Every mutant must be caught and no control refused. The limit of time is
# for a machine that is busy with other things: a mutant takes some ten seconds.
# Few cases for the controls: the property tests give the same variants many more.
if(TARGET mlacheck_mutants AND NOT MLACHECK_SANITIZE)
  add_test(NAME mutants COMMAND mlacheck mutants --seconds 300 --control-cases 30)
  set_tests_properties(mutants PROPERTIES LABELS mutants RUN_SERIAL ON TIMEOUT 2400)
endif()
