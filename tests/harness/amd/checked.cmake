# checked.<op>: required cases of an op, each kernel under all checks of the interpreter, with results of v_rcp
# and its like that hardware may give. docs/hip.md, "What only an interpreter sees".
get_property(ops GLOBAL PROPERTY MLACHECK_OPS)
foreach(op IN LISTS ops)
  # The checks of the battery repeat the same kernels on other bytes, so the calls that are judged will do.
  mlacheck_add_backend_test(checked.${op} hip checked mlacheck sweep --backend hip --op ${op} --values-only --cases 0
                            --seed 1 --jobs 1)
  foreach(test IN ITEMS checked.${op}.hip checked.${op}.hip.gfx1030)
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT MLACHECK_INTERPRETED_CHECKS=all
                                              MLACHECK_INTERPRETED_VARIATION=5)
  endforeach()
endforeach()
