// The variants of negate on one backend.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/negate/negate.host.h"

namespace mlacheck::MLACHECK_TARGET::negate {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "negate";
  table.backend = backend_name();
  table.tiles = {{"V", kThreads}};
  if constexpr (has_variant("plain")) {
    table.subjects.push_back({"plain", "", Agreement::bitwise, &plain, nullptr});
  }
  if constexpr (has_variant("flipped")) {
    table.subjects.push_back({"flipped", "plain", Agreement::bitwise, &flipped, nullptr});
  }
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::negate
