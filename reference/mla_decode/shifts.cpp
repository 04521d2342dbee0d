#include "reference/mla_decode/shifts.hpp"

#include <cmath>

#include "reference/common/softmax.hpp"

namespace mlacheck::mla_decode {

Eigen::ArrayXd moved_by(const Eigen::ArrayXXd& shifts, const Eigen::ArrayXd& logits,
                        const Eigen::ArrayXXd& values) {
  const Eigen::ArrayXd p = reference::softmax(logits);
  const Eigen::ArrayXXd distance =
      values.rowwise() - (p.matrix().transpose() * values.matrix()).array().row(0);
  const Eigen::ArrayXXd weighted = shifts.colwise() * p;
  const Eigen::ArrayXd first_order =
      (distance.matrix().transpose() * weighted.matrix()).array().abs().rowwise().sum();
  const Eigen::ArrayXd spread = (distance.abs().matrix().transpose() * p.matrix()).array();
  const double largest = shifts.abs().rowwise().sum().maxCoeff();
  return first_order + 2 * largest * std::expm1(4 * largest) * spread;
}

}  // namespace mlacheck::mla_decode
