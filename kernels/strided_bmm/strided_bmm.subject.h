// The variants of strided_bmm on one backend.
#pragma once

#include "harness/device/unit.h"
#include "harness/op/subject.hpp"
#include "kernels/strided_bmm/strided_bmm.host.h"
#if defined(MLACHECK_BACKEND_CUDA)
#include "kernels/strided_bmm/strided_bmm.cuda.h"
#endif
#if defined(MLACHECK_BACKEND_HIP)
#include "kernels/strided_bmm/matrix_bmm.hip.h"
#endif

namespace mlacheck::MLACHECK_TARGET::strided_bmm {

inline SubjectTable subjects() {
  SubjectTable table;
  table.op = "strided_bmm";
  table.backend = backend_name();
  // The block tile, and the packs of fp32 and of 16-bit types.
  table.tiles = {{"T", kBmmRows}, {"V", kBmmColumns}, {"latent", kBmmDepth},
                 {"latent", 4},   {"latent", 8},      {"V", 4},
                 {"V", 8}};
  if constexpr (has_variant("copy")) {
    table.subjects.push_back({"copy", "", Agreement::bitwise, &copy, nullptr});
  }
  if constexpr (has_variant("strided")) {
    table.subjects.push_back({"strided", "copy", Agreement::bitwise, &strided, nullptr});
  }
  if constexpr (has_variant("async")) {
    table.subjects.push_back({"async", "copy", Agreement::bitwise, &async, nullptr});
  }
#if defined(MLACHECK_BACKEND_HIP)
  if constexpr (has_variant("matrix")) {
    table.subjects.push_back({"matrix", "copy", Agreement::within_bound, &matrix, &no_matrix_unit});
  }
#endif
#if defined(MLACHECK_BACKEND_CUDA)
  if constexpr (has_variant("cublas")) {
    table.subjects.push_back(
        {"cublas", "copy", Agreement::within_bound, &cublas::strided, &cublas::unavailable});
  }
  if constexpr (has_variant("cublas_copy")) {
    table.subjects.push_back(
        {"cublas_copy", "copy", Agreement::within_bound, &cublas::copy, &cublas::unavailable});
  }
  for (Subject& subject : table.subjects) {
    subject.numerics.truncating_products = subject.variant.starts_with("cublas");
  }
#endif
  return table;
}

}  // namespace mlacheck::MLACHECK_TARGET::strided_bmm
