// The variants of quantized_bmm on one backend.
#pragma once

#include "harness/op/subject.hpp"
#include "kernels/quantized_bmm/quantized_bmm.host.h"

namespace mlacheck::MLACHECK_TARGET {

inline SubjectTable quantized_bmm_subjects() {
  SubjectTable table;
  table.op = "quantized_bmm";
  table.backend = MLACHECK_BACKEND_NAME;
  // "blocks" counts MX blocks of K; an FP8 group is four of them.
  table.tiles = {{"T", kQuantTokens},
                 {"V", kQuantColumns},
                 {"blocks", kQuantSlabBlocks},
                 {"blocks", kFp8Group / kMxBlock}};
  table.subjects = {
      {"copy", "", Agreement::bitwise, &quantized_bmm_copy, nullptr},
      {"strided", "copy", Agreement::bitwise, &quantized_bmm_strided, nullptr},
  };
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET
