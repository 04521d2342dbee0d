// The bundled variants of mla_decode.
#pragma once

#include "harness/op/subject.hpp"
#include "kernels/mla_decode/mla_decode.host.h"

namespace mlacheck::MLACHECK_TARGET {

inline SubjectTable mla_decode_subjects() {
  SubjectTable table;
  table.op = "mla_decode";
  table.backend = MLACHECK_BACKEND_NAME;
  table.tiles = {{"L", kDecodeKeys}, {"H", kDecodeHeads}, {"latent", kDecodeThreads}};
  table.subjects = {
      {.variant = "zero_filled",
       .baseline = "",
       .agreement = Agreement::bitwise,
       .run = &mla_decode_zero_filled,
       .unavailable = nullptr},
      {.variant = "empty",
       .baseline = "zero_filled",
       .agreement = Agreement::bitwise,
       .run = &mla_decode_empty,
       .unavailable = nullptr},
  };
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET
