// The bundled variants of decode_expansion.
#pragma once

#include <string>

#include "harness/op/subject.hpp"
#include "kernels/decode_expansion/decode_expansion.host.h"

namespace mlacheck::MLACHECK_TARGET {

inline SubjectTable decode_expansion_subjects() {
  SubjectTable table;
  table.op = "decode_expansion";
#if defined(MLACHECK_BACKEND_CUDA)
  table.backend = "cuda";
#elif defined(MLACHECK_BACKEND_HIP)
  table.backend = "hip";
#else
  table.backend = "cpu.w" + std::to_string(MLACHECK_WARP_WIDTH);
#endif
  table.tiles = {{"R", ScanDecodeLens::kThreads},
                 {"T", AssignRows::kThreads},
                 {"T", GatherRows::kRows},
                 {"W", ExpandUniform::kThreads},
                 {"W", GatherRows::kRowThreads}};
  table.subjects = {
      {.variant = "generic",
       .baseline = "",
       .agreement = Agreement::bitwise,
       .run = &expand_generic,
       .unavailable = nullptr},
      {.variant = "uniform",
       .baseline = "generic",
       .agreement = Agreement::bitwise,
       .run = &expand_uniform,
       .unavailable = nullptr},
  };
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET
