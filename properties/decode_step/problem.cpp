#include <algorithm>
#include <cmath>

#include "properties/common/operands.hpp"
#include "properties/common/pages.hpp"
#include "properties/decode_step/fields.hpp"

namespace mlacheck::decode_step {
namespace {

// Adds the operands of one case, in the order of the contract.
class Builder {
 public:
  explicit Builder(const Fields& f) : f_(f), contents_(f), device_lens_(f.device_lens()) {
    for (const Request& request : f.requests) {
      first_page_.push_back(used_pages_);
      used_pages_ += pages_of(request);
      widest_ = std::max(widest_, pages_of(request));
    }
  }

  Problem build() {
    add_query("q_nope", nope_layout(), 0);
    add_query("q_rope", rope_layout(), f_.nope);
    add_cache();
    add_weights();
    add_batch();
    problem_.operands.push_back(output_operand("out", f_.dtype, out_layout()));
    reference::write_scalars(problem_, f_.parameters());
    return std::move(problem_);
  }

  Layout nope_layout() const { return f_.q_nope.layout({f_.tokens(), f_.heads, f_.nope}); }
  Layout rope_layout() const { return f_.q_rope.layout({f_.tokens(), f_.heads, f_.rope}); }
  Layout kv_layout() const {
    return f_.kv.layout({used_pages_ + f_.spare_pages, f_.page, f_.columns()});
  }
  Layout key_weights_layout() const { return f_.w_uk.layout({f_.heads, f_.nope, f_.latent}); }
  Layout value_weights_layout() const { return f_.w_uv.layout({f_.heads, f_.latent, f_.width}); }
  Layout table_layout() const {
    return f_.block_table.layout({std::ssize(f_.requests), widest_ + f_.spare_columns});
  }
  Layout out_layout() const { return f_.out.layout({f_.tokens(), f_.heads, f_.width}); }

 private:
  std::int64_t pages_of(const Request& request) const {
    return (request.length + f_.page - 1) / f_.page;
  }

  // Nobody reads keys of a request without tokens.
  bool takes_part(std::size_t r) const { return device_lens_[r] > 0; }

  Operand& add(const char* name, DType dtype, Layout layout) {
    problem_.operands.push_back(input_operand(name, dtype, std::move(layout)));
    return problem_.operands.back();
  }

  void add_integers(const char* name, const LayoutFields& layout, const Integers& values) {
    Operand& operand = add(name, DType::i32, layout.layout({std::ssize(values)}));
    for (const std::int64_t value : values) {
      operand.bits.push_back(static_cast<std::uint32_t>(static_cast<std::int32_t>(value)));
    }
  }

  // Rows past the tokens that the device has hold NaN. They are no dead cells: the product that absorbs
  // a query reads the rows of a captured graph whole, and what it makes of these reaches no output.
  void add_query(const char* name, Layout layout, std::int64_t first_column) {
    Operand& q = add(name, f_.dtype, std::move(layout));
    const std::int64_t columns = q.layout.shape[2];
    std::int64_t owned = 0;
    for (const std::int64_t len : device_lens_) owned += len;
    for (std::int64_t row = 0; row < f_.tokens(); ++row) {
      for (std::int64_t h = 0; h < f_.heads; ++h) {
        for (std::int64_t c = 0; c < columns; ++c) {
          q.bits.push_back(row < owned ? contents_.query_bits(row, h, first_column + c)
                                       : encode(f_.dtype, std::nan("")));
        }
      }
    }
  }

  // Slots past a length, and spare pages, stay dead.
  void add_cache() {
    const Integers physical = page_order(used_pages_, f_.spare_pages, f_.placement);
    Operand& kv = add("kv", f_.dtype, kv_layout());
    const auto count = static_cast<std::size_t>(kv.layout.elements());
    kv.bits.assign(count, 0);
    kv.cells.assign(count, Cell::dead);
    for (std::size_t r = 0; r < f_.requests.size(); ++r) {
      if (!takes_part(r)) continue;
      for (std::int64_t key = 0; key < f_.requests[r].length; ++key) {
        const std::int64_t page =
            physical[static_cast<std::size_t>(first_page_[r] + key / f_.page)];
        for (std::int64_t c = 0; c < f_.columns(); ++c) {
          const auto at =
              static_cast<std::size_t>((page * f_.page + key % f_.page) * f_.columns() + c);
          kv.bits[at] = contents_.latent_bits(static_cast<std::int64_t>(r), key, c);
          kv.cells[at] = Cell::live;
        }
      }
    }
  }

  void add_weights() {
    Operand& keys = add("w_uk", f_.dtype, key_weights_layout());
    for (std::int64_t h = 0; h < f_.heads; ++h) {
      for (std::int64_t n = 0; n < f_.nope; ++n) {
        for (std::int64_t l = 0; l < f_.latent; ++l) {
          keys.bits.push_back(contents_.key_weight_bits(h, n, l));
        }
      }
    }
    Operand& values = add("w_uv", f_.dtype, value_weights_layout());
    for (std::int64_t h = 0; h < f_.heads; ++h) {
      for (std::int64_t l = 0; l < f_.latent; ++l) {
        for (std::int64_t v = 0; v < f_.width; ++v) {
          values.bits.push_back(contents_.value_weight_bits(h, l, v));
        }
      }
    }
  }

  void add_batch() {
    const Integers physical = page_order(used_pages_, f_.spare_pages, f_.placement);
    Integers lengths;
    for (const Request& request : f_.requests) lengths.push_back(request.length);
    add_integers("seq_lens", f_.seq_lens, lengths);
    Operand& table = add("block_table", DType::i32, table_layout());
    for (std::size_t r = 0; r < f_.requests.size(); ++r) {
      for (std::int64_t column = 0; column < table.layout.shape[1]; ++column) {
        const bool used = takes_part(r) && column < pages_of(f_.requests[r]);
        const auto page = static_cast<std::size_t>(first_page_[r] + column);
        table.cells.push_back(used ? Cell::live : Cell::dead);
        table.bits.push_back(used ? static_cast<std::uint32_t>(physical[page]) : 0);
      }
    }
    add_integers("decode_lens", f_.decode_lens, device_lens_);
    Integers starts;
    std::int64_t next = f_.base;
    for (const std::int64_t len : device_lens_) {
      starts.push_back(next);
      next += len;
    }
    add_integers("query_start_loc", f_.query_start_loc, starts);
  }

  const Fields& f_;
  Contents contents_;
  Integers device_lens_;
  Integers first_page_;  // of each request, before they are placed
  std::int64_t used_pages_ = 0;
  std::int64_t widest_ = 0;
  Problem problem_;
};

}  // namespace

Problem problem_of(const Fields& fields) { return Builder(fields).build(); }

std::vector<Layout> large_layouts(const Fields& fields) {
  const Builder builder(fields);
  return {builder.nope_layout(),        builder.rope_layout(),          builder.kv_layout(),
          builder.key_weights_layout(), builder.value_weights_layout(), builder.table_layout(),
          builder.out_layout()};
}

}  // namespace mlacheck::decode_step
