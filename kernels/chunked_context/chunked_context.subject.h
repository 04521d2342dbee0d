// The variants of chunked_context on one backend.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/chunked_context/chunked_context.host.h"

namespace mlacheck::MLACHECK_TARGET::chunked_context {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "chunked_context";
  table.backend = backend_name();
  // V: packs of fp32 and of 16-bit types, and a full set of lanes of both.
  table.tiles = {{"V", 4}, {"V", 8}, {"V", 128}, {"V", 256}};
  if constexpr (has_variant("fresh")) {
    table.subjects.push_back({"fresh", "", Agreement::bitwise, &fresh, nullptr});
  }
  if constexpr (has_variant("swapped")) {
    table.subjects.push_back({"swapped", "fresh", Agreement::bitwise, &swapped, nullptr});
  }
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::chunked_context
