// The bundled variants of strided_bmm.
#pragma once

#include <string>

#include "harness/core/subject.hpp"
#include "kernels/strided_bmm/strided_bmm.host.h"
#if defined(MLACHECK_BACKEND_CUDA)
#include "kernels/strided_bmm/strided_bmm.cuda.h"
#endif

namespace mlacheck::MLACHECK_TARGET {

inline SubjectTable strided_bmm_subjects() {
  SubjectTable table;
  table.op = "strided_bmm";
#if defined(MLACHECK_BACKEND_CUDA)
  table.backend = "cuda";
#elif defined(MLACHECK_BACKEND_HIP)
  table.backend = "hip";
#else
  table.backend = "cpu.w" + std::to_string(MLACHECK_WARP_WIDTH);
#endif
  table.tiles = {{"B", kBmmTileB}, {"V", kBmmTileV}, {"L", kBmmTileL}};
  table.subjects = {
      {.variant = "copy",
       .baseline = "",
       .agreement = Agreement::bitwise,
       .run = &strided_bmm_copy,
       .unavailable = nullptr},
      {.variant = "strided",
       .baseline = "copy",
       .agreement = Agreement::bitwise,
       .run = &strided_bmm_strided,
       .unavailable = nullptr},
  };
#if defined(MLACHECK_BACKEND_CUDA)
  for (const auto& [variant, run] : {std::pair{"cublas", &strided_bmm_cublas},
                                     std::pair{"cublas_copy", &strided_bmm_cublas_copy}}) {
    table.subjects.push_back({.variant = variant,
                              .baseline = "copy",
                              .agreement = Agreement::within_bound,
                              .run = run,
                              .unavailable = &cublas_unavailable});
  }
#endif
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET
