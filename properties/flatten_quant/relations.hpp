// Relations of flattening with quantization by name. Each gives the other problem, whose matched
// elements have the same bits; nothing where its condition does not hold for this problem.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/op/relation.hpp"
#include "harness/op/rows.hpp"
#include "reference/common/quantize.hpp"

namespace mlacheck::flatten_quant {

Relation token_alone(const Problem& problem, std::int64_t token);
Relation token_twice(const Problem& problem, std::int64_t token);
Relation head_alone(const Problem& problem, std::int64_t head);

/// Nothing where there is one only.
std::optional<Relation> tokens_permuted(const Problem& problem, Random& random);
std::optional<Relation> heads_permuted(const Problem& problem, Random& random);

/// The groups of every head before or after a boundary between them, if there is one.
std::optional<Relation> some_groups(const Problem& problem, Random& random);

/// x as dense rows [T, 1, H V], where groups do not straddle heads by themselves: what a quantizer
/// of matrices does after a copy.
std::optional<Relation> as_matrix(const Problem& problem);

/// The same scales.
Relation negated(const Problem& problem);

/// x times 2^k: the same codes. Nothing if that is not exact or a scale is at its limit.
std::optional<Relation> scaled(const Problem& problem, int k);

/// FP8: the other layout of the scales.
std::optional<Relation> transposed(const Problem& problem);

/// MXFP4: x is what its own codes under `rule` stand for, if its type holds that. The op, whose
/// rule is `even`, gives the same codes and scales for it as for x, if `rule` is `even` too.
std::optional<Problem> dequantized(const Problem& problem, reference::ScaleRule rule);

/// That of `even`, as a relation.
std::optional<Relation> requantized(const Problem& problem);

/// Tokens. Heads lie side by side in the columns of codes and scales, and are no axis there.
std::vector<RowSize> row_sizes_of(const Problem& problem);

/// At most two of these, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

/// Calls use(first, count) for the elements of each group, in the order of tokens, heads, groups.
void for_each_group(const Problem& problem,
                    const std::function<void(std::size_t first, std::size_t count)>& use);

}  // namespace mlacheck::flatten_quant
