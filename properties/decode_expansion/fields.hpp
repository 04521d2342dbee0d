// The fields of a case of the expansion of decode metadata.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/op/relation.hpp"
#include "properties/common/fields.hpp"
#include "reference/decode_expansion/parameters.hpp"

namespace mlacheck::decode_expansion {

/// Page ids of all cases are below this.
constexpr std::int64_t kPoolPages = std::int64_t{1} << 26;

enum class Tail : std::uint8_t {
  stale,   ///< every table entry holds a page id, as after earlier, longer steps
  poison,  ///< entries that no token of the request needs hold nothing
};

using Integers = std::vector<std::int64_t>;

struct Request {
  std::int64_t tokens = 0;  ///< of this step, as the host knows them
  std::int64_t length = 0;  ///< keys in the cache, those of this step included
};

/// Of a request in one step.
constexpr std::int64_t kMostTokens = 64;

struct Fields {
  std::vector<Request> requests = {};
  /// Tokens of the first requests as device memory has them, where the host knows something else.
  /// Such a case is outside the domain of variants that trust the host.
  Integers device_tokens = {};
  std::int64_t padding = 0;        ///< rows of the step beyond the expanded ones
  std::int64_t columns = 1;        ///< of the block table
  std::int64_t page = 1;           ///< tokens
  std::int64_t spare_columns = 0;  ///< columns that the destination has beyond W
  std::int64_t spare_rows = 0;     ///< rows that the destinations have beyond the step
  std::int64_t base = 0;           ///< first entry of query_start_loc
  Tail block_table_tail = Tail::stale;
  std::int64_t seed = 0;  ///< 0: page ids name their row and column (65536 row + column + 1)
  LayoutFields seq_lens{};
  LayoutFields block_table{};
  LayoutFields decode_lens{};
  LayoutFields query_start_loc{};
  LayoutFields expanded_seq_lens{};
  LayoutFields expanded_block_table{};
  LayoutFields expanded_decode_lens{};
};

const FieldTable<Fields>& field_table();

/// An admissible case; see OpModel::generate().
Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

/// At most two, drawn.
std::vector<Relation> relations_of(const Problem& problem, Random& random);

/// Operands and scalars of a case.
Problem problem_of(const Fields& fields);

/// What follows from the fields.
struct Sizes {
  explicit Sizes(const Fields& f);

  std::int64_t requests() const { return std::ssize(host_lens); }
  Layout block_table(const Fields& f) const;
  Layout expanded_block_table(const Fields& f) const;

  Integers host_lens;
  Integers device_lens;
  std::int64_t wide_columns;
  std::int64_t host_tokens;
  std::int64_t tokens;
  std::int64_t capacity;
};

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace mlacheck::decode_expansion
