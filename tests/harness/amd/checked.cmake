# checked.<op>: small cases of an op, each kernel under all checks of the interpreter, with results of v_rcp and
# its like that hardware may give. docs/hip.md, "What only an interpreter sees".
get_property(properties GLOBAL PROPERTY MLACHECK_PROPERTIES)
list(FILTER properties INCLUDE REGEX "^matches_reference[.]")
foreach(property IN LISTS properties)
  string(REPLACE "matches_reference." "checked." name "${property}")
  # Other checks of the battery repeat the same kernels on other bytes, so the calls that are judged will do.
  mlacheck_add_backend_test(${name} hip checked properties_test --property ${property} --backend hip --cases 20
                            --largest 2048 --values-only)
  foreach(test IN ITEMS ${name}.hip ${name}.hip.gfx1030)
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT MLACHECK_INTERPRETED_CHECKS=all
                                              MLACHECK_INTERPRETED_VARIATION=5)
  endforeach()
endforeach()
