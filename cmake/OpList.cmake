# Generates the list that pairs each op's model with its oracle, from the same mlacheck_add_op lines
# that compile its kernels.
get_property(mlacheck_ops GLOBAL PROPERTY MLACHECK_OPS)
list(TRANSFORM mlacheck_ops REPLACE "(.+)"
     "#include \"properties/\\1/model.hpp\"\n#include \"reference/\\1/oracle.hpp\"\n" OUTPUT_VARIABLE includes)
set(entries "")
foreach(op IN LISTS mlacheck_ops)
  get_property(property GLOBAL PROPERTY MLACHECK_PROPERTY_OF_${op})
  string(APPEND entries "      {&${op}::model(), &${op}::oracle(), \"${property}\"},\n")
endforeach()
list(JOIN includes "" includes)
configure_file("${CMAKE_CURRENT_LIST_DIR}/ops.cpp.in" "${PROJECT_BINARY_DIR}/generated/ops.cpp"
               @ONLY)
