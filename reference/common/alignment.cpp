#include "reference/common/alignment.hpp"

namespace mlacheck::reference {

Alignment::Alignment(const Eigen::Ref<const Rows>& weights, DType dtype, const DotArithmetic& how)
    : smallest_normal_(smallest_normal(dtype)) {
  if (how.unit == nullptr) return;
  magnitude_ = weights.abs();
  aligned_ = aligned_values(weights, smallest_normal_);
  subnormal_ = (aligned_ > magnitude_).any();
}

void Alignment::add(RowSums& sums, double x, Eigen::Index l) const {
  if (aligned_.rows() == 0) return;
  const double aligned_x = aligned(x, smallest_normal_);
  const double magnitude = std::fabs(x);
  if (!subnormal_ && !(aligned_x > magnitude)) return;
  sums.add_subnormal(aligned_x * aligned_.row(l) - magnitude * magnitude_.row(l));
}

}  // namespace mlacheck::reference
