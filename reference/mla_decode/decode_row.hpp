// Attention of one query row and head over its visible keys, in double, with the error that a
// conforming subject may make. docs/bounds.md, "mla_decode", has the derivation.
//
// Equal logits have a path of their own, or no bound could say anything where they are large. Let a
// single column contribute to the logits of a row, and let it be the same in all n keys. Then every
// arithmetic gives them one and the same fp32 number m, and s_j - m is 0 for each j. e^0 is 1 with
// no error, as in merge_step.hpp. So each weight is 1/n whatever the size of m:
//
//   out = (1/n) sum v_j,  |error| <= error of the running sum / n + u |out|
//   lse = m + log n,      |error| <= error of m + u_log log n + u |lse|
//
// (Blanchard, Higham and Higham, IMA J. Numer. Anal. 41(4), 2021, equation 1.2 with all x_i equal.)
// With splits of n_k keys the LSEs m + log n_k are rounded to fp32 before stage 2 takes their
// differences. They differ by log n_k + 2 u |m| or so; not at all where the n_k are equal; and
// where the distance of fp32 numbers at m is more than 4 log n_k each of them is m, so that
// every split has the weight 1/K in place of n_k / n.
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "harness/op/numerics.hpp"
#include "harness/values/dtype.hpp"

namespace mlacheck::mla_decode {

/// What the subject computes with: an online softmax in fp32 over tiles of keys, the keys cut into
/// `splits` parts of ceil(visible / splits), and sums of products, P, exp and log as `numerics`
/// says.
struct Arithmetic {
  double scale = 1;
  std::int64_t splits = 1;
  std::int64_t latent = 1;
  Numerics numerics{};
  DType dtype = DType::f32;  ///< of the query and the keys
};

struct Row {
  Eigen::ArrayXd out;        ///< [latent], exact
  Eigen::ArrayXd out_error;  ///< before the rounding to the output type; 0 where it is exact
  double lse = 0;            ///< natural logarithm; -inf if no key is visible
  double lse_error = 0;
  bool exact = false;  ///< every intermediate result is representable: see docs/bounds.md
};

/// How far what the subject attends to may be from `keys`, where an earlier step has rounded it.
struct KeyErrors {
  Eigen::ArrayXd logit;   ///< [keys], of query . key times the scale
  Eigen::ArrayXXd value;  ///< [keys, latent]
  /// [keys, n]: besides, the logits move by `shifts` t with any |t_i| <= 1. Not together with `value`.
  Eigen::ArrayXXd shifts;
};

/// `query` has latent + rope entries; row j of `keys` is key j, all of them visible.
Row attend(const Eigen::ArrayXd& query, const Eigen::ArrayXXd& keys, const Arithmetic& arithmetic);

/// The same where keys are known up to `errors`. A row is exact only if these are all 0.
Row attend(const Eigen::ArrayXd& query, const Eigen::ArrayXXd& keys, const KeyErrors& errors,
           const Arithmetic& arithmetic);

}  // namespace mlacheck::mla_decode
