// What attention makes of logits that move together. Inside a dot product one column of the query meets
// all keys: where it is known to `e` only, every logit moves by the same unknown share of e k_j. So the
// moves of the weights have signs, and what they do to a mean over the keys mostly cancels.
// docs/bounds.md, "What a step of a layer has stored", has the derivation.
#pragma once

#include <Eigen/Core>

namespace mlacheck::mla_decode {

/// How far sum p_j v_j may move, p the softmax of `logits` and v_j the rows of `values`, [keys, width],
/// when the logits move by `shifts` t for any t with |t_i| <= 1. `shifts` is [keys, n].
Eigen::ArrayXd moved_by(const Eigen::ArrayXXd& shifts, const Eigen::ArrayXd& logits,
                        const Eigen::ArrayXXd& values);

}  // namespace mlacheck::mla_decode
