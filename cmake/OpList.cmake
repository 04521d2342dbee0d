# Generates the list that pairs each op's model with its oracle, from the same mlacheck_add_op lines
# that compile its kernels.
get_property(mlacheck_ops GLOBAL PROPERTY MLACHECK_PROPERTIES)
list(FILTER mlacheck_ops INCLUDE REGEX "^matches_reference\\.")
list(TRANSFORM mlacheck_ops REPLACE "^matches_reference\\." "")
list(TRANSFORM mlacheck_ops REPLACE "(.+)"
     "#include \"properties/\\1.hpp\"\n#include \"reference/\\1.hpp\"\n" OUTPUT_VARIABLE includes)
list(TRANSFORM mlacheck_ops REPLACE "(.+)" "      {&\\1_model(), &\\1_oracle()},\n"
     OUTPUT_VARIABLE entries)
list(JOIN includes "" includes)
list(JOIN entries "" entries)
set(semicolon ";")
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/ops.cpp" CONTENT
"#include \"harness/run/ops.hpp\"\n\n@includes@
namespace mlacheck {\n
const std::vector<OpEntry>& ops()\n{
  static const std::vector<OpEntry> kOps{\n@entries@  };
  return kOps[0x3b]
}\n\n}  // namespace mlacheck\n" @ONLY)
