// The variants of flatten_quant on one backend.
#pragma once

#include "harness/op/subject.hpp"
#include "kernels/flatten_quant/flatten_quant.host.h"

namespace mlacheck::MLACHECK_TARGET {

inline SubjectTable flatten_quant_subjects() {
  SubjectTable table;
  table.op = "flatten_quant";
  table.backend = MLACHECK_BACKEND_NAME;
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
