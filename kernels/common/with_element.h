// From an element type known at run time to a template's type parameter.
#pragma once

#include "harness/device/numeric.h"
#include "harness/op/status.hpp"
#include "harness/values/dtype.hpp"

namespace mlacheck::MLACHECK_TARGET {

/// Calls `use` with a null pointer of the device type of `dtype`, and returns what it returns.
/// `Other` stands for every type but f16 and bf16: the host routine has refused what does not fit.
template <class Other = float, class Use>
Status with_element(DType dtype, const Use& use) {
  switch (dtype) {
    case DType::f16:
      return use(static_cast<Half*>(nullptr));
    case DType::bf16:
      return use(static_cast<BFloat16*>(nullptr));
    default:
      return use(static_cast<Other*>(nullptr));
  }
}

}  // namespace mlacheck::MLACHECK_TARGET
