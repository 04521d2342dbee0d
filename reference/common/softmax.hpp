#pragma once

#include <Eigen/Core>

namespace mlacheck::reference {

/// Weights exp(logit - largest) over their sum, in double. At least one logit, all finite.
inline Eigen::ArrayXd softmax(const Eigen::ArrayXd& logits) {
  Eigen::ArrayXd weights = (logits - logits.maxCoeff()).exp();
  weights /= weights.sum();
  return weights;
}

}  // namespace mlacheck::reference
