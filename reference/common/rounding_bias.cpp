#include "reference/common/rounding_bias.hpp"

namespace mlacheck::reference {

double rounding_bias(const Eigen::ArrayXd& terms, double largest_sum, double u, double enough) {
  if (!(largest_sum > 0) || !std::isfinite(largest_sum) || !(enough > 0)) return 0;
  const auto count = static_cast<double>(terms.size());
  double largest = 0;
  double spacing = std::ldexp(2 * u, std::ilogb(largest_sum));
  while (count * spacing / 2 > std::max(largest, enough)) {
    // Doubles of this size have the spacing: adding it rounds to the nearest multiple, ties to even.
    const double shift = 0x1.8p52 * spacing;
    const double sum = ((terms + shift) - shift - terms).sum();
    largest = std::max(largest, std::fabs(sum));
    spacing /= 2;
  }
  return largest;
}

}  // namespace mlacheck::reference
