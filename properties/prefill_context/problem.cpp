#include <algorithm>

#include "properties/common/operands.hpp"
#include "properties/common/pages.hpp"
#include "properties/prefill_context/fields.hpp"
#include "reference/prefill_context/schedule.hpp"

namespace mlacheck::prefill_context {
namespace {

// Adds the operands of one case, in the order of the contract.
class Builder {
 public:
  explicit Builder(const Fields& f) : f_(f), p_(f.parameters()), contents_(f) {
    // A table has a column for each page of max_context.
    widest_ = pages_of(p_.max_context);
    for (const Request& request : f.requests) {
      first_page_.push_back(used_pages_);
      used_pages_ += pages_of(request.context);
    }
  }

  Problem build() {
    add_query();
    add_new_tokens();
    add_cache();
    add_weights();
    add_batch();
    problem_.operands.push_back(output_operand("out", f_.dtype, out_layout()));
    reference::write_scalars(problem_, p_);
    return std::move(problem_);
  }

  Layout q_layout() const { return f_.q.layout({f_.tokens(), f_.heads, f_.depth()}); }
  Layout new_layout() const { return f_.new_kv.layout({f_.tokens(), f_.columns()}); }
  Layout kv_layout() const { return f_.kv.layout({f_.ranks * pages(), f_.page, f_.columns()}); }
  Layout w_layout() const { return f_.w.layout({f_.heads, f_.latent, f_.nope + f_.width}); }
  Layout table_layout() const {
    return f_.block_table.layout({std::ssize(f_.requests), widest_ + f_.spare_columns});
  }
  Layout out_layout() const { return f_.out.layout({f_.tokens(), f_.heads, f_.width}); }

 private:
  std::int64_t pages() const { return used_pages_ + f_.spare_pages; }

  // Of each rank: all have as many as the first, which holds the most.
  std::int64_t pages_of(std::int64_t context) const {
    return (held_by(p_, context, 0) + f_.page - 1) / f_.page;
  }

  Operand& add(const char* name, DType dtype, Layout layout) {
    problem_.operands.push_back(input_operand(name, dtype, std::move(layout)));
    return problem_.operands.back();
  }

  void add_integers(const char* name, const LayoutFields& layout,
                    const std::vector<std::int64_t>& values) {
    Operand& operand = add(name, DType::i32, layout.layout({std::ssize(values)}));
    for (const std::int64_t value : values) {
      operand.bits.push_back(static_cast<std::uint32_t>(static_cast<std::int32_t>(value)));
    }
  }

  void add_query() {
    Operand& q = add("q", f_.dtype, q_layout());
    for (std::int64_t token = 0; token < f_.tokens(); ++token) {
      for (std::int64_t h = 0; h < f_.heads; ++h) {
        for (std::int64_t c = 0; c < f_.depth(); ++c) {
          q.bits.push_back(contents_.query_bits(token, h, c));
        }
      }
    }
  }

  void add_new_tokens() {
    Operand& latents = add("new_kv", f_.dtype, new_layout());
    for (std::int64_t token = 0; token < f_.tokens(); ++token) {
      for (std::int64_t c = 0; c < f_.columns(); ++c) {
        latents.bits.push_back(contents_.latent_bits(-1, token, c));
      }
    }
  }

  // Slots past what a rank holds of a request, and spare pages, stay dead.
  void add_cache() {
    const std::vector<std::int64_t> physical =
        page_order(used_pages_, f_.spare_pages, f_.placement);
    Operand& kv = add("kv", f_.dtype, kv_layout());
    const auto count = static_cast<std::size_t>(kv.layout.elements());
    kv.bits.assign(count, 0);
    kv.cells.assign(count, Cell::dead);
    for (std::size_t r = 0; r < f_.requests.size(); ++r) {
      for (std::int64_t token = 0; token < f_.requests[r].context; ++token) {
        const auto [rank, position] = place_of(p_, token);
        const std::int64_t page =
            physical[static_cast<std::size_t>(first_page_[r] + position / f_.page)];
        const std::int64_t slot = (rank * pages() + page) * f_.page + position % f_.page;
        for (std::int64_t c = 0; c < f_.columns(); ++c) {
          const auto at = static_cast<std::size_t>(slot * f_.columns() + c);
          kv.bits[at] = contents_.latent_bits(static_cast<std::int64_t>(r), token, c);
          kv.cells[at] = Cell::live;
        }
      }
    }
  }

  void add_weights() {
    Operand& w = add("w", f_.dtype, w_layout());
    for (std::int64_t h = 0; h < f_.heads; ++h) {
      for (std::int64_t l = 0; l < f_.latent; ++l) {
        for (std::int64_t c = 0; c < f_.nope + f_.width; ++c) {
          w.bits.push_back(contents_.weight_bits(h, l, c));
        }
      }
    }
  }

  void add_batch() {
    const std::vector<std::int64_t> physical =
        page_order(used_pages_, f_.spare_pages, f_.placement);
    std::vector<std::int64_t> starts{0};
    std::vector<std::int64_t> lengths;
    for (const Request& request : f_.requests) {
      starts.push_back(starts.back() + request.tokens);
      lengths.push_back(request.context);
    }
    add_integers("query_start_loc", f_.query_start_loc, starts);
    Operand& table = add("block_table", DType::i32, table_layout());
    for (std::size_t r = 0; r < f_.requests.size(); ++r) {
      for (std::int64_t column = 0; column < table.layout.shape[1]; ++column) {
        const bool used = column < pages_of(f_.requests[r].context);
        const auto page = static_cast<std::size_t>(first_page_[r] + column);
        table.cells.push_back(used ? Cell::live : Cell::dead);
        table.bits.push_back(used ? static_cast<std::uint32_t>(physical[page]) : 0);
      }
    }
    add_integers("context_lens", f_.context_lens, lengths);
  }

  const Fields& f_;
  Parameters p_;
  Contents contents_;
  std::vector<std::int64_t> first_page_;  // of each request, before they are placed
  std::int64_t used_pages_ = 0;
  std::int64_t widest_ = 0;
  Problem problem_;
};

}  // namespace

Problem problem_of(const Fields& fields) { return Builder(fields).build(); }

std::vector<Layout> large_layouts(const Fields& fields) {
  const Builder builder(fields);
  return {builder.q_layout(), builder.new_layout(),   builder.kv_layout(),
          builder.w_layout(), builder.table_layout(), builder.out_layout()};
}

}  // namespace mlacheck::prefill_context
