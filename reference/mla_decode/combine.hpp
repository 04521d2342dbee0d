// Stage 2 of a split attention: its parts put together by their LSE.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "reference/mla_decode/decode_row.hpp"

namespace mlacheck::mla_decode {

/// One split: its normalised result and LSE, with their errors.
struct Part {
  Eigen::Index keys;
  Eigen::ArrayXd out;
  Eigen::ArrayXd error;
  double lse;
  double lse_error;
  double largest_move;  ///< of a logit and its weight, relative
};

/// Factor for what rests on the absolute error of an exponential, where the mass is known to `shift` of
/// itself.
double inflation_of(double shift);

Row combine(const std::vector<Part>& parts, const Numerics& numerics);

/// Where all logits are `logit`, known to `logit_error`.
Row combine_equal(const std::vector<Part>& parts, double logit, double logit_error,
                  const Numerics& numerics);

}  // namespace mlacheck::mla_decode
