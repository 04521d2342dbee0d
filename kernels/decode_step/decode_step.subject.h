// The variants of decode_step on one backend.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/decode_step/decode_step.host.h"

namespace mlacheck::MLACHECK_TARGET::decode_step {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "decode_step";
  table.backend = backend_name();
  table.tiles = {{"keys", mla_decode::kDecodeKeys},
                 {"H", mla_decode::kDecodeHeads},
                 {"latent", strided_bmm::kBmmDepth}};
  if constexpr (has_variant("plain")) {
    table.subjects.push_back({"plain", "", Agreement::bitwise, &plain, nullptr});
  }
  if constexpr (has_variant("optimised")) {
    table.subjects.push_back({"optimised", "plain", Agreement::bitwise, &optimised, nullptr});
  }
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::decode_step
