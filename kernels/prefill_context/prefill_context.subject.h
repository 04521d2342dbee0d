// The variants of prefill_context on one backend.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/prefill_context/prefill_context.host.h"

namespace mlacheck::MLACHECK_TARGET::prefill_context {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "prefill_context";
  table.backend = backend_name();
  table.tiles = {{"keys", kDecodeKeys}, {"H", kDecodeHeads}, {"latent", strided_bmm::kBmmDepth}};
  if constexpr (has_variant("fresh")) {
    table.subjects.push_back({"fresh", "", Agreement::bitwise, &fresh, nullptr});
  }
  if constexpr (has_variant("swapped")) {
    table.subjects.push_back({"swapped", "fresh", Agreement::bitwise, &swapped, nullptr});
  }
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::prefill_context
