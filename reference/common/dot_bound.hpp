// Bounds on the error of a dot product s = sum of p_l over L terms, for every way in which a
// conforming subject may add it up. docs/bounds.md states the same formulas.
//
// To nearest, with unit roundoff u, in an order that does not depend on the data. Every addition is
// rounded, and so is every product unless products are exact. With s_k for the partial sums, the
// error is a sum of independent terms of at most u |p_l| and u |s_k|. So it stays below
//
//   lambda u sqrt(sum p^2 + sum s_k^2)
//
// (Azuma and Hoeffding; see reference/common/bounds.hpp). Where the partial sums are known,
// running_error adds them up. Where the order is free they are estimated: a partial sum of a share
// f of exchangeable products has mean f s and variance at most f (1 - f) sum p^2. So the mean of s_k^2
// stays below s^2 + sum p^2, with more room (a factor of 6 in the mean of the second part) than its
// fluctuation takes. Where products cancel, this is sharper than lambda u sqrt(L) sum |p| by the
// factor sqrt(L). The worst case gamma_n sum |p| caps it, with n roundings on the way of a term:
// L, or L - 1 if products are exact (Higham, Accuracy and Stability, 2nd ed., section 3.1).
//
// The errors need not have mean zero: products that are alike are rounded alike. What the products
// themselves say about it is added (rounding_bias.hpp).
//
// Truncating, as matrix units do (Fasi, Higham, Mikaitis and Pranesh, PeerJ CS e330, 2021; MMA-Sim,
// arXiv 2511.10909). A step adds some exact products to the accumulator c. All addends are aligned
// to the largest of them and cut at a number of fraction bits, and their sum is cut once more. Cuts
// are toward zero, so they are biased, and the errors of steps add up linearly. Subnormal operands
// count as the smallest normal number when addends are aligned (alignment.hpp).
//
// Operands and products of fewer digits. A unit may keep only some digits of its operands, cut or
// rounded (TF32: 11 of 24), and a kernel may round each product to 16 bits before it adds it. Cuts
// go to one side, and equal products are rounded alike, so these errors add up linearly.
//
// Exact: where all products are multiples of a granule g, so is every partial sum in every order.
// Nothing is rounded or cut where sum |p|, as it is aligned, is no more than 2^digits g, with the
// digits that the accumulator holds and the unit keeps.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

#include "harness/op/numerics.hpp"
#include "harness/values/dtype.hpp"

namespace mlacheck::reference {

using Row = Eigen::Array<double, 1, Eigen::Dynamic>;
using Rows = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Of one dot product.
struct Sums {
  double value = 0;      ///< sum p
  double magnitude = 0;  ///< sum |p|
  double square = 0;     ///< sum p^2
  /// A power of two that divides all p; infinite if all are zero, 0 if none is known.
  double granule = std::numeric_limits<double>::infinity();
  double input = 0;  ///< how far operands of fewer digits may move the value
  /// What a matrix unit's alignment of subnormal operands adds to the magnitude (alignment.hpp).
  double subnormal = 0;
  double bias = 0;  ///< of the roundings to nearest (rounding_bias.hpp)

  void add(double product, double granule_of_product);
};

/// The sums of all columns of a row of outputs.
class RowSums {
 public:
  explicit RowSums(Eigen::Index columns);

  /// One product a column. The granules stay as they are.
  template <class Products>
  void add(const Products& products) {
    product_ = products;
    value_ += product_;
    magnitude_ += product_.abs();
    square_ += product_.square();
  }

  template <class Products, class Granules>
  void add(const Products& products, const Granules& granules) {
    add(products);
    granule_ = granule_.min(granules);
  }

  /// How far one product a column may be moved by its operands.
  template <class Errors>
  void add_input(const Errors& errors) {
    input_ += errors;
  }

  /// One increment a column of Sums::subnormal.
  template <class Increments>
  void add_subnormal(const Increments& increments) {
    subnormal_ += increments;
  }

  Sums operator[](Eigen::Index column) const;

 private:
  Row value_;
  Row magnitude_;
  Row square_;
  Row granule_;
  Row input_;
  Row subnormal_;
  Row product_;
};

/// The power of two of which a value of at most 8 digits is an odd multiple. Infinite for zero,
/// which is a multiple of all, and where the value is not finite. A product's granule is the
/// product of both.
double granule(double value);

/// How large the partial sums that a truncating unit meets are taken to be.
enum class PartialSums : std::uint8_t {
  exchangeable,  ///< |s| + 3 sqrt(sum p^2) bounds their mean, whatever the order
  worst,         ///< sum |p|
};

/// A matrix unit that truncates.
struct MatrixUnit {
  int step;           ///< products of one step
  int fraction_bits;  ///< at which the addends of a step are cut, below the largest of them
  int sum_bits;       ///< fraction bits of the accumulator
  PartialSums partial_sums;

  /// Error of a step, relative to the largest magnitude in it. One of its addends, products and
  /// accumulator, is the largest: it keeps all its digits, and only as many as there are products
  /// are cut.
  double step_loss() const {
    return step * std::ldexp(1.0, -fraction_bits) + std::ldexp(1.0, -sum_bits);
  }

  /// Digits up to which sums of multiples of one granule are not cut.
  int exact_digits() const { return std::min(fraction_bits, sum_bits + 1); }
};

/// For 16-bit inputs, NVIDIA's compute capability 9.0 and newer. The sum is cut to fp32.
inline constexpr MatrixUnit kUnit16{16, 25, 23, PartialSums::exchangeable};
/// The same for TF32, whose operands have twice the bytes.
inline constexpr MatrixUnit kUnitTf32{8, 25, 23, PartialSums::exchangeable};
/// The same unit for MXFP4: the worst case, which asks nothing about the scales of blocks.
inline constexpr MatrixUnit kUnitMx{16, 25, 23, PartialSums::worst};
/// For FP8 inputs, compute capability 9.0.
inline constexpr MatrixUnit kUnitFp8{32, 13, 13, PartialSums::worst};

enum class Products : std::uint8_t { rounded, exact };

/// How a subject adds up.
struct DotArithmetic {
  double u;                          ///< unit roundoff of the accumulator
  Products products;                 ///< before they are added to nearest
  const MatrixUnit* unit = nullptr;  ///< if the subject's products may come from one that truncates
  double product_u = 0;              ///< unit roundoff of products that are rounded by themselves

  /// 2^-digits, with the digits that products, the accumulator and the unit all hold.
  double spacing() const {
    const double sum = std::max(u, product_u);
    return unit == nullptr ? sum : std::max(sum, std::ldexp(1.0, -unit->exact_digits()));
  }
};

/// `numerics` must be resolved (reference/common/bounds.hpp). Exact products have few digits, and
/// none is lost.
DotArithmetic dot_arithmetic(const Numerics& numerics, Products products, const MatrixUnit& unit);

/// Whether every order of the sum is exact.
bool sum_is_exact(const Sums& sums, const DotArithmetic& how);

/// `sums` with the bias of its products, where it may count: in a sum that is not exact, and whose
/// probabilistic bound is below the worst case.
Sums with_bias(double terms, Sums sums, const DotArithmetic& how,
               const std::function<Eigen::ArrayXd()>& products);

/// Error of the sum of so many terms, before any store, where no product is below the range of
/// fp32. A library chooses its kernels, and some do not use the matrix units: the larger bound
/// holds.
double sum_error(double terms, const Sums& sums, const DotArithmetic& how);

/// The same for sums in a known order. `drift` has the sums of |p_l| + |s_l| and `spread` those of
/// p_l^2 + s_l^2; `bias` is rounding_bias, without rows where the products are of no few kinds. In a step of 16 products kUnit16 loses 8 u of the largest of them and 2 u of the
/// sum: 8 u of either covers both, as `drift` counts 16 of each.
Eigen::ArrayXd running_error(const Eigen::ArrayXd& drift, const Eigen::ArrayXd& spread,
                             const Eigen::ArrayXd& bias, const Numerics& numerics);

/// Value and bound of an output element.
struct BoundedValue {
  double value = 0;
  double bound = 0;
};

/// Products that are all -0 add up to -0 if the sum starts with the first of them and to +0 if it
/// starts at +0. Kernels do either (cuBLAS does the former where L = 1), so such an element may
/// have either sign: its value is one that no output type can tell from zero, and its bound is as
/// large.
inline constexpr double kEitherZero = std::numeric_limits<double>::denorm_min();

/// A sum of so many terms before any store; bound 0 if every order is exact.
BoundedValue unstored_sum(double terms, const Sums& sums, const DotArithmetic& how);

/// An output that is a sum of so many terms and nothing else, rounded once to its type.
BoundedValue stored_sum(DType output, double terms, const Sums& sums, const DotArithmetic& how);

/// Whether the products of `a` and a column of `b` are all -0. Takes no view of the column: without
/// terms there is no memory that it could start in.
template <class A, class B>
bool is_either_zero(const A& a, const B& b, Eigen::Index column, const Sums& sums) {
  const Eigen::Index terms = a.size();
  bool all_negative = terms > 0 && sums.magnitude == 0;
  for (Eigen::Index l = 0; all_negative && l < terms; ++l) {
    all_negative = std::signbit(a[l] * b(l, column));
  }
  return all_negative;
}

/// Forms the products of `a` and a column of `b` when it is called.
template <class A, class B>
auto products_of(const A& a, const B& b, Eigen::Index column) {
  return [&a, &b, column] {
    return Eigen::ArrayXd(a.reshaped().array() * b.col(column).reshaped().array());
  };
}

/// stored_sum of the products of `a` and a column of `b`.
template <class A, class B>
BoundedValue stored_dot(DType output, const A& a, const B& b, Eigen::Index column, const Sums& sums,
                        const DotArithmetic& how) {
  if (is_either_zero(a, b, column, sums)) return {kEitherZero, kEitherZero};
  const auto terms = static_cast<double>(a.size());
  return stored_sum(output, terms, with_bias(terms, sums, how, products_of(a, b, column)), how);
}

}  // namespace mlacheck::reference
