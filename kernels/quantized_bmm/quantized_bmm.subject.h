// The variants of quantized_bmm on one backend.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/quantized_bmm/quantized_bmm.host.h"
#if defined(MLACHECK_BACKEND_HIP)
#include "kernels/quantized_bmm/matrix_bmm.hip.h"
#endif

namespace mlacheck::MLACHECK_TARGET::quantized_bmm {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "quantized_bmm";
  table.backend = backend_name();
  // "blocks" counts MX blocks of K; an FP8 group is four of them.
  table.tiles = {{"T", kQuantTokens},
                 {"V", kQuantColumns},
                 {"blocks", kQuantSlabBlocks},
                 {"blocks", kFp8Group / kMxBlock}};
  if constexpr (has_variant("copy")) {
    table.subjects.push_back({"copy", "", Agreement::bitwise, &copy, nullptr});
  }
  if constexpr (has_variant("strided")) {
    table.subjects.push_back({"strided", "copy", Agreement::bitwise, &strided, nullptr});
  }
#if defined(MLACHECK_BACKEND_HIP)
  if constexpr (has_variant("matrix")) {
    table.subjects.push_back({"matrix", "copy", Agreement::within_bound, &matrix, &no_matrix_unit});
  }
#endif
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::quantized_bmm
