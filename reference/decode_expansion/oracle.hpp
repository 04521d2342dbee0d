// Oracle of decode_expansion: which request, how many tokens and which pages each expanded row
// gets, by definition. The contract is in docs/contracts.md.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::decode_expansion {

/// Exact integers: every bound is 0.
///
/// With n_r = decode_lens[r] and A = sum n_r, the rows are, in this order, j = 0 .. n_r - 1 of
/// request 0, then of request 1, and so on; rows A .. tokens - 1 are padding.
///   expanded_seq_lens     max(seq_lens[r] - n_r + j + 1, 0); padding 0
///   expanded_block_table  row r of block_table; padding 0 (its column 0 is all that counts)
///   expanded_decode_lens  1, padding too
/// Causality is the source of the length: token j of the n_r new ones sees the seq_lens[r] - n_r
/// tokens before them, its j predecessors, and itself.
const Oracle& oracle();

}  // namespace mlacheck::decode_expansion
