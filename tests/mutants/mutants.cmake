# Every mutant must be caught and no control refused. The limit of time is
# for a machine that is busy with other things: a mutant takes some ten seconds.
if(TARGET mlacheck_mutants AND NOT MLACHECK_SANITIZE)
  add_test(NAME mutants COMMAND mlacheck mutants --seconds 300)
  add_test(NAME mutants_replay
           COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_SOURCE_DIR}/mutants/replay_test.py"
                   "$<TARGET_FILE:mlacheck>" "$<TARGET_FILE:mlacheck_mutants>")
  set_tests_properties(mutants mutants_replay PROPERTIES LABELS mutants)
  set_tests_properties(mutants PROPERTIES RUN_SERIAL ON TIMEOUT 2400)
  set_tests_properties(mutants_replay PROPERTIES TIMEOUT ${timeout})
endif()
