// The bundled variants of decode_expansion.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/decode_expansion/decode_expansion.host.h"

namespace mlacheck::MLACHECK_TARGET::decode_expansion {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "decode_expansion";
  table.backend = backend_name();
  table.tiles = {{"R", ScanDecodeLens::kThreads},
                 {"T", AssignRows::kThreads},
                 {"T", GatherRows::kRows},
                 {"W", ExpandUniform::kThreads},
                 {"W", GatherRows::kRowThreads}};
  if constexpr (has_variant("generic")) {
    table.subjects.push_back({.variant = "generic",
                              .baseline = "",
                              .agreement = Agreement::bitwise,
                              .run = &generic,
                              .unavailable = nullptr});
  }
  if constexpr (has_variant("uniform")) {
    table.subjects.push_back({.variant = "uniform",
                              .baseline = "generic",
                              .agreement = Agreement::bitwise,
                              .run = &uniform,
                              .unavailable = nullptr});
  }
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::decode_expansion
