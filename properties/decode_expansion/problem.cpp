#include <algorithm>

#include "properties/common/operands.hpp"
#include "properties/decode_expansion/fields.hpp"

namespace mlacheck::decode_expansion {
namespace {

std::uint32_t page_id(std::int64_t seed, std::int64_t row, std::int64_t column) {
  const std::int64_t position = (row << 16) + column;
  if (seed == 0) return static_cast<std::uint32_t>(position + 1);
  const std::uint64_t bits = random_bits(static_cast<std::uint64_t>(seed), stream_of("block_table"),
                                         static_cast<std::uint64_t>(position));
  // Never page 0: that is what a padding row names.
  return static_cast<std::uint32_t>(1 + bits % (kPoolPages - 1));
}

class Builder {
 public:
  explicit Builder(const Fields& f) : f_(f), s_(f) {}

  Problem build() const {
    Problem problem;
    problem.operands = {seq_lens(),
                        block_table(),
                        integers("decode_lens", f_.decode_lens, s_.device_lens),
                        query_start_loc(),
                        rows_output("expanded_seq_lens", f_.expanded_seq_lens),
                        expanded_block_table(),
                        rows_output("expanded_decode_lens", f_.expanded_decode_lens)};
    const bool any = !s_.host_lens.empty();
    const auto [least, most] = std::minmax_element(s_.host_lens.begin(), s_.host_lens.end());
    reference::write_scalars(problem, Parameters{.tokens = s_.tokens,
                                                 .decode_tokens = s_.host_tokens,
                                                 .min_decode_len = any ? *least : 0,
                                                 .max_decode_len = any ? *most : 0,
                                                 .lens_exact = f_.device_tokens.empty(),
                                                 .page_size = f_.page,
                                                 .pool_pages = kPoolPages});
    return problem;
  }

 private:
  static Operand integers(std::string name, const LayoutFields& layout, const Integers& values) {
    Operand operand =
        input_operand(std::move(name), DType::i32, layout.layout({std::ssize(values)}));
    for (const std::int64_t value : values) {
      operand.bits.push_back(static_cast<std::uint32_t>(value));
    }
    return operand;
  }

  // Requests without tokens own no row, so nothing of them may matter.
  Operand seq_lens() const {
    Integers lengths;
    for (const Request& request : f_.requests) lengths.push_back(request.length);
    Operand operand = integers("seq_lens", f_.seq_lens, lengths);
    for (const std::int64_t len : s_.device_lens) {
      operand.cells.push_back(len > 0 ? Cell::live : Cell::dead);
    }
    return operand;
  }

  // Columns of request r's table row that some row of the expansion may read.
  std::int64_t used_columns(std::size_t r) const {
    return s_.device_lens[r] == 0 ? 0 : ceil_div(f_.requests[r].length, f_.page);
  }

  Operand block_table() const {
    Operand operand = input_operand("block_table", DType::i32, s_.block_table(f_));
    for (std::size_t r = 0; r < f_.requests.size(); ++r) {
      const bool owns_rows = s_.device_lens[r] > 0;
      for (std::int64_t column = 0; column < f_.columns; ++column) {
        const bool holds =
            owns_rows && (f_.block_table_tail == Tail::stale || column < used_columns(r));
        operand.bits.push_back(page_id(f_.seed, static_cast<std::int64_t>(r), column));
        operand.cells.push_back(holds ? Cell::live : Cell::dead);
      }
    }
    return operand;
  }

  // A running sum from `base`, over what the device knows.
  Operand query_start_loc() const {
    Integers starts;
    std::int64_t next = f_.base;
    for (const std::int64_t len : s_.device_lens) {
      starts.push_back(next);
      next += len;
    }
    return integers("query_start_loc", f_.query_start_loc, starts);
  }

  Operand rows_output(std::string name, const LayoutFields& layout) const {
    Operand operand = output_operand(std::move(name), DType::i32, layout.layout({s_.capacity}));
    operand.cells.assign(static_cast<std::size_t>(s_.capacity), Cell::dead);
    std::fill_n(operand.cells.begin(), s_.tokens, Cell::live);
    return operand;
  }

  Operand expanded_block_table() const {
    Operand operand =
        output_operand("expanded_block_table", DType::i32, s_.expanded_block_table(f_));
    operand.cells.assign(static_cast<std::size_t>(operand.layout.elements()), Cell::dead);
    const auto row_cells = [&](std::int64_t row) {
      return operand.cells.begin() + row * s_.wide_columns;
    };
    std::int64_t row = 0;
    for (std::size_t r = 0; r < f_.requests.size(); ++r) {
      for (std::int64_t j = 0; j < s_.device_lens[r] && row < s_.tokens; ++j, ++row) {
        // A copy of a cell that holds nothing may hold anything.
        std::fill_n(row_cells(row), f_.columns, Cell::optional);
        std::fill_n(row_cells(row),
                    f_.block_table_tail == Tail::stale ? f_.columns : used_columns(r), Cell::live);
      }
    }
    for (; row < s_.tokens && f_.columns > 0; ++row) *row_cells(row) = Cell::live;
    return operand;
  }

  const Fields& f_;
  Sizes s_;
};

}  // namespace

Problem problem_of(const Fields& fields) { return Builder(fields).build(); }

}  // namespace mlacheck::decode_expansion
