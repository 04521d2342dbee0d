// Keys and values of latent rows, as a subject stores them between the up-projection and attention.
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "harness/op/numerics.hpp"
#include "harness/values/dtype.hpp"
#include "reference/common/dot_bound.hpp"

namespace mlacheck::prefill_context {

/// One row for each latent: the columns of the values, then those of the key, its rope part last.
struct KeysAndValues {
  Eigen::ArrayXXd value;
  Eigen::ArrayXXd error;  ///< how far the stored number may be from that; 0: it is `value`
  Eigen::ArrayXXd unrounded;
};

/// `latents` has latent + rope columns, `weights` [latent, nope + width] are those of one head.
/// `numerics` must be resolved.
KeysAndValues expand(const Eigen::ArrayXXd& latents,
                     const Eigen::Map<const reference::Rows>& weights, std::int64_t width,
                     DType dtype, const Numerics& numerics);

}  // namespace mlacheck::prefill_context
