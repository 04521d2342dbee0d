// The variants of merge_states on one backend.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/merge_states/merge_states.host.h"

namespace mlacheck::MLACHECK_TARGET::merge_states {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "merge_states";
  table.backend = backend_name();
  // V: the packs of fp32 and of 16-bit types, a full set of lanes of both, one block of elements.
  // groups: the (token, head) pairs that one block holds at V = 128 in 16-bit types and in fp32.
  table.tiles = {{"V", 4}, {"V", 8}, {"V", 128}, {"V", 256}, {"groups", 4}, {"groups", 8}};
  if constexpr (has_variant("scalar")) {
    table.subjects.push_back({"scalar", "", Agreement::bitwise, &scalar, nullptr});
  }
  if constexpr (has_variant("vectorized")) {
    table.subjects.push_back({"vectorized", "scalar", Agreement::bitwise, &vectorized, nullptr});
  }
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::merge_states
