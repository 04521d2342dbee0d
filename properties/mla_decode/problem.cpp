#include <algorithm>

#include "properties/common/operands.hpp"
#include "properties/mla_decode/batch.hpp"
#include "properties/mla_decode/fields.hpp"

namespace mlacheck::mla_decode {
namespace {

// Adds the operands of one case, in the order of the contract.
class Builder {
 public:
  Builder(const Fields& f, std::string_view variant)
      : f_(f), batch_(f), values_(f), variant_(variant) {}

  Problem build() {
    add_query();
    add_cache();
    std::vector<std::int64_t> starts{0};
    for (std::int64_t r = 0; r < batch_.requests(); ++r) {
      starts.push_back(starts.back() + batch_.tokens(r));
    }
    add_integers("query_start_loc", f_.query_start_loc, starts);
    if (f_.page_map == PageMap::csr) {
      add_csr();
    } else {
      add_block_table();
    }
    add_outputs();
    reference::write_scalars(problem_,
                             Parameters{f_.latent, f_.splits, f_.causal, f_.scale_factor()});
    return std::move(problem_);
  }

  Layout q_layout() const { return f_.q.layout({batch_.rows(), f_.heads, f_.depth()}); }
  Layout kv_layout() const {
    return f_.kv.layout({batch_.pages(), batch_.page_size(), f_.depth()});
  }
  Layout table_layout() const {
    return f_.block_table.layout({batch_.requests(), batch_.widest() + f_.spare_columns});
  }
  Layout out_layout() const { return f_.out.layout({batch_.rows(), f_.heads, f_.latent}); }
  Layout lse_layout() const { return f_.lse_out.layout({batch_.rows(), f_.heads}); }

 private:
  Operand& add(const char* name, DType dtype, Layout layout) {
    problem_.operands.push_back(input_operand(name, dtype, std::move(layout)));
    return problem_.operands.back();
  }

  Operand& add_integers(const char* name, const LayoutFields& layout,
                        const std::vector<std::int64_t>& values) {
    Operand& operand = add(name, DType::i32, layout.layout({std::ssize(values)}));
    for (const std::int64_t value : values) {
      operand.bits.push_back(static_cast<std::uint32_t>(static_cast<std::int32_t>(value)));
    }
    return operand;
  }

  void add_query() {
    Operand& q = add("q", f_.dtype, q_layout());
    q.bits.reserve(static_cast<std::size_t>(q.layout.elements()));
    for (std::int64_t row = 0; row < batch_.rows(); ++row) {
      for (std::int64_t h = 0; h < f_.heads; ++h) {
        for (std::int64_t d = 0; d < f_.depth(); ++d) {
          q.bits.push_back(values_.query_bits(row, h, d));
        }
      }
    }
    q.cells.assign(q.bits.size(), Cell::dead);
    std::fill_n(q.cells.begin(), batch_.owned_rows() * f_.heads * f_.depth(), Cell::live);
  }

  // Slots past a request's length and spare pages stay dead.
  void add_cache() {
    Operand& kv = add("kv", f_.dtype, kv_layout());
    const std::int64_t page = batch_.page_size();
    const auto count = static_cast<std::size_t>(kv.layout.elements());
    kv.bits.assign(count, 0);
    kv.cells.assign(count, Cell::dead);
    for (std::int64_t r = 0; r < batch_.requests(); ++r) {
      for (std::int64_t key = 0; key < batch_.length(r); ++key) {
        const std::int64_t slot = batch_.physical_page(r, key / page) * page + key % page;
        for (std::int64_t d = 0; d < f_.depth(); ++d) {
          const auto at = static_cast<std::size_t>(slot * f_.depth() + d);
          kv.bits[at] = values_.key_bits(r, key, batch_.length(r), d);
          kv.cells[at] = Cell::live;
        }
      }
    }
  }

  void add_block_table() {
    Operand& table = add("block_table", DType::i32, table_layout());
    const std::int64_t columns = table.layout.shape[1];
    std::vector<std::int64_t> lengths;
    for (std::int64_t r = 0; r < batch_.requests(); ++r) {
      lengths.push_back(batch_.length(r));
      for (std::int64_t column = 0; column < columns; ++column) {
        const bool used = column < batch_.pages_of(r);
        table.cells.push_back(used ? Cell::live : Cell::dead);
        table.bits.push_back(used ? static_cast<std::uint32_t>(batch_.physical_page(r, column))
                                  : 0);
      }
    }
    add_integers("seq_lens", f_.seq_lens, lengths);
  }

  void add_csr() {
    std::vector<std::int64_t> starts{0};
    std::vector<std::int64_t> pages;
    std::vector<std::int64_t> last;
    for (std::int64_t r = 0; r < batch_.requests(); ++r) {
      for (std::int64_t column = 0; column < batch_.pages_of(r); ++column) {
        pages.push_back(batch_.physical_page(r, column));
      }
      starts.push_back(std::ssize(pages));
      last.push_back(batch_.length(r) == 0 ? 0 : (batch_.length(r) - 1) % batch_.page_size() + 1);
    }
    const std::size_t used = pages.size();
    pages.resize(used + static_cast<std::size_t>(f_.spare_columns), 0);
    add_integers("kv_indptr", f_.kv_indptr, starts);
    Operand& indices = add_integers("kv_indices", f_.kv_indices, pages);
    indices.cells.assign(pages.size(), Cell::dead);
    std::fill_n(indices.cells.begin(), used, Cell::live);
    add_integers("kv_last_page_len", f_.kv_last_page_len, last);
  }

  void add_outputs() {
    Operand& out = add("out", f_.dtype, out_layout());
    out.access = Access::output;
    out.cells.assign(static_cast<std::size_t>(out.layout.elements()),
                     variant_ == "zero_filled" ? Cell::optional : Cell::dead);
    std::fill_n(out.cells.begin(), batch_.owned_rows() * f_.heads * f_.latent, Cell::live);
    Operand& lse = add("lse_out", DType::f32, lse_layout());
    lse.access = Access::output;
    lse.role = Role::lse;
    lse.cells.assign(static_cast<std::size_t>(lse.layout.elements()), Cell::dead);
    std::fill_n(lse.cells.begin(), batch_.owned_rows() * f_.heads, Cell::live);
  }

  const Fields& f_;
  Batch batch_;
  Contents values_;
  std::string_view variant_;
  Problem problem_;
};

}  // namespace

Problem problem_of(const Fields& fields, std::string_view variant) {
  return Builder(fields, variant).build();
}

std::vector<Layout> large_layouts(const Fields& fields) {
  const Builder builder(fields, "");
  return {builder.q_layout(), builder.kv_layout(), builder.table_layout(), builder.out_layout(),
          builder.lse_layout()};
}

}  // namespace mlacheck::mla_decode
