// The bundled variants of mla_decode.
#pragma once

#include <string>

#include "harness/op/subject.hpp"
#include "kernels/mla_decode/mla_decode.host.h"

namespace mlacheck::MLACHECK_TARGET {

inline SubjectTable mla_decode_subjects() {
  SubjectTable table;
  table.op = "mla_decode";
#if defined(MLACHECK_BACKEND_CUDA)
  table.backend = "cuda";
#elif defined(MLACHECK_BACKEND_HIP)
  table.backend = "hip";
#else
  table.backend = "cpu.w" + std::to_string(MLACHECK_WARP_WIDTH);
#endif
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
