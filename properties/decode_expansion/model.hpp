// Cases of decode_expansion.
//
// Fields:
//   seqs              tokens of each request, those of this step included; their number is R
//   D                 query tokens of a request
//   lens              query tokens of the first requests, where they differ from D
//   device_lens       the same as device memory has it, where the host knows something else:
//                     such a case is outside the domain of variants that trust the host
//   padding           rows of the step beyond the expanded ones: tokens = sum of lengths + padding
//   W, page           columns of the block table; tokens a page
//   wider             columns that the destination has beyond W
//   spare_rows        rows that the destinations have beyond `tokens`
//   base              first entry of query_start_loc
//   tail              stale: every table entry holds a page id, as after earlier, longer steps;
//                     poison: entries that no token of the request needs hold nothing
//   gap_in, gap_out   elements between the rows of the two tables
//   offset_in, offset_out
//   seed              0: page ids name their row and column (65536 * row + column + 1)
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& decode_expansion_model();

/// Of its problems: what the model's relations() returns.
std::vector<Relation> decode_expansion_relations(const Problem& problem, Random& random);

/// Of its bundled variants, from the sizes alone; nothing for other variants.
std::optional<Cost> decode_expansion_cost(const Problem& problem, std::string_view variant);

/// What a kernel that reads the expanded lengths and tables would stumble over.
std::vector<std::string> decode_expansion_faults(
    const Problem& problem, const std::vector<std::vector<std::uint32_t>>& outputs);

/// Page ids of all cases are below this.
inline constexpr std::int64_t kExpansionPoolPages = std::int64_t{1} << 26;

}  // namespace mlacheck
