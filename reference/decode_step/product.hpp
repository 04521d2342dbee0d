// A row of numbers that are known up to an error, times a matrix, as strided_bmm stores it.
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "harness/op/numerics.hpp"
#include "harness/values/dtype.hpp"
#include "reference/common/alignment.hpp"
#include "reference/common/dot_bound.hpp"

namespace mlacheck::decode_step {

struct KnownRow {
  Eigen::ArrayXd value;
  Eigen::ArrayXd error;  ///< how far what is stored may be from that; 0: it is `value`, rounded
};

/// The weights of one head.
struct Weights {
  Weights(const double* values, Eigen::Index rows, Eigen::Index columns, DType dtype,
          const Numerics& numerics);

  Eigen::Map<const reference::Rows> value;
  reference::Rows error;  ///< of operands that are cut; empty where none is
  Eigen::Array<bool, 1, Eigen::Dynamic> integral;  ///< of each column: all are integers
  reference::Alignment alignment;
};

enum class Result : std::uint8_t {
  compared,   ///< `value` is before the store; `error` has the rounding in it
  read_back,  ///< as reference::read_back_sum
};

/// `numerics` must be resolved.
KnownRow product(const KnownRow& x, const Weights& weights, DType dtype, const Numerics& numerics,
                 Result result);

}  // namespace mlacheck::decode_step
