# Every mutant must be caught and no control refused. Each is given the case that killed it before, and a
# tenth of them, another one for each commit, is hunted as if nothing were known. So is one whose kernel
# has changed so that the case no longer shows it.
# The limit of time is for a machine that is busy with other things: a mutant takes some ten seconds.
# Few cases for the controls: the property tests give the same variants many more.
if(TARGET mlacheck_mutants AND NOT MLACHECK_SANITIZE)
  add_test(NAME mutants COMMAND mlacheck mutants --jobs 2 --seconds 300 --control-cases 30
                                --known "${CMAKE_CURRENT_SOURCE_DIR}/mutants/known.kills")
  set_tests_properties(mutants PROPERTIES LABELS mutants PROCESSORS 2 COST 900 TIMEOUT 2400)
endif()
# Those for HIP, few and quick: each is found within some cases. The shrinking of a case is bounded, too.
if(TARGET mlacheck_mutants_hip)
  mlacheck_add_backend_test(mutants hip mutants mlacheck mutants --backend hip --seconds 60 --shrink-seconds 20
                            --control-cases 1)
  set_tests_properties(mutants.hip PROPERTIES TIMEOUT 900)
  if(MLACHECK_HIP_INTERPRETED)
    set_tests_properties(mutants.hip.gfx1030 PROPERTIES TIMEOUT 900)
  endif()
endif()
