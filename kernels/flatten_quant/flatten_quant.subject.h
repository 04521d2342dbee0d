// The variants of flatten_quant on one backend.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/flatten_quant/flatten_quant.host.h"

namespace mlacheck::MLACHECK_TARGET::flatten_quant {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "flatten_quant";
  table.backend = backend_name();
  // A block of groups is reached by tokens and by heads; V meets the groups and the lanes.
  table.tiles = {{"T", kGroupsABlock}, {"H", kGroupsABlock}, {"T", kRowThreads}, {"V", kMxBlock},
                 {"V", kGroupLanes},   {"V", kLargestGroup}, {"V", 3 * kMxBlock}};
  if constexpr (has_variant("copy")) {
    table.subjects.push_back({"copy", "", Agreement::bitwise, &copy, nullptr});
  }
  if constexpr (has_variant("strided")) {
    table.subjects.push_back({"strided", "copy", Agreement::bitwise, &strided, nullptr});
  }
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::flatten_quant
