// Relations of the quantized batched product by name. Each gives the other problem, whose matched
// elements have the same bits; nothing where its condition does not hold for this problem.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/op/relation.hpp"
#include "harness/op/rows.hpp"

namespace mlacheck::quantized_bmm {

/// Another problem with the same result everywhere.
Relation same_result(std::string name, Problem problem);

Relation token_alone(const Problem& problem, std::int64_t token);
Relation head_alone(const Problem& problem, std::int64_t head);
/// Columns first to end - 1.
Relation columns_alone(const Problem& problem, std::int64_t first, std::int64_t end);

/// Nothing where there is one only.
std::optional<Relation> tokens_permuted(const Problem& problem, Random& random);
std::optional<Relation> heads_permuted(const Problem& problem, Random& random);
std::optional<Relation> columns_permuted(const Problem& problem, Random& random);

/// The output laid out densely.
Relation out_contiguous(const Problem& problem);

/// x and w negated: every product stays.
std::optional<Relation> both_negated(const Problem& problem);

/// x doubled and w halved: every product stays.
std::optional<Relation> shifted(const Problem& problem);

/// Form a16wfp4: the codes that the op must find are given to it.
std::optional<Relation> prequantized(const Problem& problem);

/// Zeros appended to K, `blocks` blocks of 32 of them. With splits the parts of K change, so that
/// sums are the same where they are exact.
std::optional<Relation> padded_with_zeros(const Problem& problem, std::int64_t blocks);

/// MXFP4 in another number of splits: the same where sums are exact.
std::optional<Relation> in_splits(const Problem& problem, std::int64_t splits);

/// The part of K from element `first` to `end` - 1, at boundaries of blocks (MXFP4) or
/// groups (FP8). No relation: the parts add up.
Problem part_of_depth(const Problem& problem, std::int64_t first, std::int64_t end);

/// K, in elements.
std::int64_t depth_of(const Problem& problem);

/// Tokens and heads.
std::vector<RowSize> row_sizes_of(const Problem& problem);

/// At most two of these, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

/// Every finite element of x has a magnitude of 0 or in [least, most].
bool is_inside(const Operand& operand, double least, double most);

}  // namespace mlacheck::quantized_bmm
