// The bundled variants of mla_decode.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/mla_decode/mla_decode.host.h"

namespace mlacheck::MLACHECK_TARGET::mla_decode {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "mla_decode";
  table.backend = backend_name();
  table.tiles = {{"keys", kDecodeKeys}, {"H", kDecodeHeads}, {"latent", kDecodeThreads}};
  if constexpr (has_variant("zero_filled")) {
    table.subjects.push_back({.variant = "zero_filled",
                              .baseline = "",
                              .agreement = Agreement::bitwise,
                              .run = &zero_filled,
                              .unavailable = nullptr});
  }
  if constexpr (has_variant("empty")) {
    table.subjects.push_back({.variant = "empty",
                              .baseline = "zero_filled",
                              .agreement = Agreement::bitwise,
                              .run = &empty,
                              .unavailable = nullptr});
  }
  if constexpr (has_variant("async")) {
    table.subjects.push_back({.variant = "async",
                              .baseline = "zero_filled",
                              .agreement = Agreement::bitwise,
                              .run = &async,
                              .unavailable = nullptr});
  }
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::mla_decode
