// The dot products of a query with its keys, and how far a conforming subject may be from them.
#pragma once

#include <Eigen/Core>

#include "harness/op/numerics.hpp"
#include "harness/values/dtype.hpp"

namespace mlacheck::mla_decode {

struct Logits {
  Eigen::ArrayXd value;
  Eigen::ArrayXd error;
  bool integers = false;  ///< the dot products are exact in fp32
  bool equal = false;     ///< whatever the arithmetic, see decode_row.hpp
};

/// `dtype`: of query and keys.
Logits logits_of(const Eigen::ArrayXd& query, const Eigen::ArrayXXd& keys, double scale,
                 const Numerics& numerics, DType dtype);

bool all_integers(const Eigen::ArrayXd& values);

/// Of integers with these sums of magnitudes.
bool sums_are_exact(const Eigen::ArrayXd& magnitude, const Numerics& numerics);

}  // namespace mlacheck::mla_decode
