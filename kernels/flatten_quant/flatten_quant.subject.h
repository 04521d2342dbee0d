// The variants of flatten_quant on one backend.
#pragma once

#include <string>

#include "harness/op/subject.hpp"
#include "kernels/flatten_quant/flatten_quant.host.h"

namespace mlacheck::MLACHECK_TARGET {

inline SubjectTable flatten_quant_subjects() {
  SubjectTable table;
  table.op = "flatten_quant";
#if defined(MLACHECK_BACKEND_CUDA)
  table.backend = "cuda";
#elif defined(MLACHECK_BACKEND_HIP)
  table.backend = "hip";
#else
  table.backend = "cpu.w" + std::to_string(MLACHECK_WARP_WIDTH);
#endif
  // A block of groups is reached by tokens and by heads; V meets the groups and the lanes.
  table.tiles = {{"T", kGroupsABlock}, {"H", kGroupsABlock}, {"T", kRowThreads}, {"V", kMxBlock},
                 {"V", kGroupLanes},   {"V", kLargestGroup}, {"V", 3 * kMxBlock}};
  table.subjects = {
      {"copy", "", Agreement::bitwise, &flatten_quant_copy, nullptr},
      {"strided", "copy", Agreement::bitwise, &flatten_quant_strided, nullptr},
  };
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET
