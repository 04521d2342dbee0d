// One merge of two partial attention states, with the error that a conforming subject may make.
// docs/bounds.md, "merge_states", has the derivation.
//
// A step starts from a running state (the prefix) that is itself only known up to a bound, because
// an earlier step rounded it. The suffix is exactly what an operand holds, or known up to a bound too.
#pragma once

#include <Eigen/Core>

#include "harness/op/numerics.hpp"
#include "harness/values/dtype.hpp"

namespace mlacheck::reference {

/// What a merge does with one (token, head).
enum class MergeKind {
  copy_suffix,  ///< the suffix bit for bit, LSE included
  copy_prefix,
  empty,  ///< both sides empty: +0 and -inf
  nan,    ///< an LSE is NaN: everything is
  blend,
};

/// A number and how far the subject's may be from it. 0: the subject's is this number rounded to
/// its type, bit for bit.
struct Bounded {
  double value = 0;
  double bound = 0;
};

struct LseStep {
  MergeKind kind = MergeKind::empty;
  Bounded lse;  ///< of the merged state, as stored in fp32
  double prefix_weight = 0;
  double suffix_weight = 0;
  bool halves = false;      ///< the LSEs are equal beyond doubt: both weights are 1/2 exactly
  double weight_shift = 0;  ///< how far the bounds of both sides may move both weights
  double mass_error = 0;    ///< relative error of the smaller of the two masses
  double mass_shift = 0;    ///< its absolute error besides
  double quotient_error = 0x1.0p-24;  ///< relative error of a division
  double second_order = 1;            ///< factor that bounds products of errors
};

/// Natural logarithms. +inf and -inf both mean an empty side. Of `numerics` the errors of exp, log
/// and division count; the rest of a merge is elementwise fp32.
LseStep merge_lse(Bounded prefix, Bounded suffix, const Numerics& numerics = {});
inline LseStep merge_lse(Bounded prefix, double suffix, const Numerics& numerics = {}) {
  return merge_lse(prefix, Bounded{suffix, 0}, numerics);
}

/// A row of values of one (token, head) and their bounds.
struct ValueRow {
  Eigen::ArrayXd value;
  Eigen::ArrayXd bound;
};

/// The merged row, rounded to `dtype` on the store. Rows of an empty side are not looked at.
/// Where the step is exact (no blend, or halves whose sum fp32 holds) the bound is 0 and the value
/// already rounded.
ValueRow merge_values(const LseStep& step, const ValueRow& prefix, const ValueRow& suffix,
                      DType dtype);

/// The same for a next step that reads it back: the store is carried out where it is known
/// (stored.hpp).
ValueRow read_back_values(const LseStep& step, const ValueRow& prefix, const ValueRow& suffix,
                          DType dtype);
inline ValueRow merge_values(const LseStep& step, const ValueRow& prefix,
                             const Eigen::ArrayXd& suffix, DType dtype) {
  return merge_values(step, prefix, ValueRow{suffix, Eigen::ArrayXd::Zero(suffix.size())}, dtype);
}

/// Half the distance between neighbouring values of `dtype` at `magnitude`: the largest error of
/// rounding a number of at most that magnitude to nearest.
double half_spacing(DType dtype, double magnitude);

}  // namespace mlacheck::reference
