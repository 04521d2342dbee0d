// Attention of one query row and head over its visible keys, in double, with the error that a
// conforming subject may make. docs/bounds.md, "mla_decode", has the derivation.
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "harness/op/numerics.hpp"

namespace mlacheck::mla_decode {

/// What the subject computes with: an online softmax in fp32 over tiles of keys, the keys cut into
/// `splits` parts of ceil(visible / splits), and sums of products, P, exp and log as `numerics`
/// says.
struct Arithmetic {
  double scale = 1;
  std::int64_t splits = 1;
  std::int64_t latent = 1;
  Numerics numerics{};
};

struct Row {
  Eigen::ArrayXd out;        ///< [latent], exact
  Eigen::ArrayXd out_error;  ///< before the rounding to the output type; 0 where it is exact
  double lse = 0;            ///< natural logarithm; -inf if no key is visible
  double lse_error = 0;
  bool exact = false;  ///< every intermediate result is representable: see docs/bounds.md
};

/// `query` has latent + rope entries; row j of `keys` is key j, all of them visible.
Row attend(const Eigen::ArrayXd& query, const Eigen::ArrayXXd& keys, const Arithmetic& arithmetic);

}  // namespace mlacheck::mla_decode
