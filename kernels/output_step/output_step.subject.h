// The variants of output_step on one backend.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/output_step/output_step.host.h"

namespace mlacheck::MLACHECK_TARGET::output_step {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "output_step";
  table.backend = backend_name();
  table.tiles = {
      {"T", kProjectTokens}, {"V", kMxBlock}, {"V", kLargestGroup}, {"hidden", kProjectColumns}};
  if constexpr (has_variant("plain")) {
    table.subjects.push_back({"plain", "", Agreement::bitwise, &plain, nullptr});
  }
  if constexpr (has_variant("optimised")) {
    table.subjects.push_back({"optimised", "plain", Agreement::bitwise, &optimised, nullptr});
  }
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::output_step
