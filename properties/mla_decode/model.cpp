#include "properties/mla_decode/model.hpp"

#include <algorithm>
#include <cmath>

#include "properties/common/case_size.hpp"
#include "properties/common/decode_batch.hpp"
#include "properties/mla_decode/values.hpp"

namespace mlacheck {
namespace {

// Fields that move memory and nothing else, with the values that the twin of a dense case gets.
struct LayoutField {
  const char* name;
  std::int64_t twin;
};
constexpr LayoutField kLayoutFields[] = {
    {"placement", 7},     {"q_head_gap", 3},     {"q_row_gap", 5},  {"q_offset", 1},
    {"kv_token_gap", 8},  {"kv_page_gap", 7},    {"kv_offset", 1},  {"table_gap", 3},
    {"out_head_gap", 64}, {"out_row_gap", 1},    {"out_offset", 1}, {"lse_transposed", 1},
    {"q_head_major", 1},  {"out_head_major", 1}, {"lse_gap", 3}};

const Schema& decode_schema() {
  static const Schema kSchema{
      "mla_decode",
      {Field::choice("dtype", {"f32", "bf16", "f16"}),
       Field::list("requests", 2, 0, 8192),  // query tokens : keys in the cache
       Field::integer("H", 1, 256, 1),
       Field::integer("latent", 1, 960, 1),
       Field::integer("rope", 0, 64, 0),
       Field::integer("page", 1, 128, 1),
       Field::integer("splits", 1, 256, 1),
       Field::integer("causal", 0, 1, 1),
       Field::choice("page_map", {"block_table", "csr"}),
       Field::choice("scale", {"1/sqrt(d)", "0.0416667", "0.0721688", "0.135234", "0.0625"}),
       Field::choice("values", decode_value_names()),
       Field::integer("seed", 0, 1 << 30, 0),
       Field::integer("extra_rows", 0, 16, 0),
       Field::integer("spare_pages", 0, 16, 0),
       Field::integer("table_extra", 0, 16, 0),  // columns past the widest request
       Field::integer("placement", 0, 1 << 30, 0),
       Field::integer("q_head_gap", 0, 64, 0),
       Field::integer("q_row_gap", 0, 64, 0),
       Field::integer("q_offset", 0, 16, 0),
       Field::integer("kv_token_gap", 0, 128, 0),
       Field::integer("kv_page_gap", 0, 128, 0),
       Field::integer("kv_offset", 0, 16, 0),
       Field::integer("table_gap", 0, 64, 0),
       Field::integer("out_head_gap", 0, 64, 0),
       Field::integer("out_row_gap", 0, 64, 0),
       Field::integer("out_offset", 0, 16, 0),
       Field::integer("lse_transposed", 0, 1, 0),
       Field::integer("q_head_major", 0, 1, 0),
       Field::integer("out_head_major", 0, 1, 0),
       Field::integer("lse_gap", 0, 64, 0)}};
  return kSchema;
}

double scale_of(const Case& c) {
  const std::string& name = c.choice("scale");
  if (name != "1/sqrt(d)") return std::stod(name);
  return 1 / std::sqrt(static_cast<double>(c.integer("latent") + c.integer("rope")));
}

Operand int_operand(const char* name, const std::vector<std::int64_t>& values) {
  Operand operand{
      name, DType::i32, Access::input, Layout::dense({static_cast<std::int64_t>(values.size())}),
      {},   {}};
  for (const std::int64_t value : values) {
    operand.bits.push_back(static_cast<std::uint32_t>(static_cast<std::int32_t>(value)));
  }
  return operand;
}

// [rows, H, columns] of operand `name`, with gaps between heads and rows; stored row by row or,
// head-major, head by head.
Layout row_layout(const Case& c, const std::string& name, std::int64_t rows, std::int64_t columns) {
  const std::int64_t heads = c.integer("H");
  std::int64_t head = columns + c.integer(name + "_head_gap");
  std::int64_t row = heads * head + c.integer(name + "_row_gap");
  if (c.flag(name + "_head_major")) {
    row = columns + c.integer(name + "_row_gap");
    head = rows * row + c.integer(name + "_head_gap");
  }
  return Layout::strided({rows, heads, columns}, {row, head, 1}, c.integer(name + "_offset"));
}

Operand query_operand(const Case& c, const DecodeBatch& batch, const DecodeValues& values) {
  const std::int64_t depth = c.integer("latent") + c.integer("rope");
  Operand q{"q",
            *dtype_from_name(c.choice("dtype")),
            Access::input,
            row_layout(c, "q", batch.rows(), depth),
            {},
            {}};
  q.bits.reserve(static_cast<std::size_t>(q.layout.elements()));
  for (std::int64_t row = 0; row < batch.rows(); ++row) {
    for (std::int64_t h = 0; h < c.integer("H"); ++h) {
      for (std::int64_t d = 0; d < depth; ++d) q.bits.push_back(values.query_bits(row, h, d));
    }
  }
  q.cells.assign(q.bits.size(), Cell::live);
  const auto owned = static_cast<std::ptrdiff_t>(batch.owned_rows() * c.integer("H") * depth);
  std::fill(q.cells.begin() + owned, q.cells.end(), Cell::dead);
  return q;
}

Layout cache_layout(const Case& c, const DecodeBatch& batch) {
  const std::int64_t depth = c.integer("latent") + c.integer("rope");
  const std::int64_t token = depth + c.integer("kv_token_gap");
  return Layout::strided({batch.pages(), batch.page_size(), depth},
                         {batch.page_size() * token + c.integer("kv_page_gap"), token, 1},
                         c.integer("kv_offset"));
}

Operand cache_operand(const Case& c, const DecodeBatch& batch, const DecodeValues& values) {
  const std::int64_t depth = c.integer("latent") + c.integer("rope");
  const std::int64_t page = batch.page_size();
  Operand kv{"kv", *dtype_from_name(c.choice("dtype")), Access::input, cache_layout(c, batch), {},
             {}};
  // Slots past a request's length and spare pages stay dead.
  const auto count = static_cast<std::size_t>(kv.layout.elements());
  kv.bits.assign(count, 0);
  kv.cells.assign(count, Cell::dead);
  for (std::int64_t r = 0; r < batch.requests(); ++r) {
    for (std::int64_t key = 0; key < batch.length(r); ++key) {
      const std::int64_t slot = batch.physical_page(r, key / page) * page + key % page;
      for (std::int64_t d = 0; d < depth; ++d) {
        const auto at = static_cast<std::size_t>(slot * depth + d);
        kv.bits[at] = values.key_bits(r, key, batch.length(r), d);
        kv.cells[at] = Cell::live;
      }
    }
  }
  return kv;
}

Layout table_layout(const Case& c, const DecodeBatch& batch) {
  const std::int64_t columns = batch.widest() + c.integer("table_extra");
  return Layout::strided({batch.requests(), columns}, {columns + c.integer("table_gap"), 1});
}

void add_block_table(const Case& c, const DecodeBatch& batch, Problem& problem) {
  Operand table{"block_table", DType::i32, Access::input, table_layout(c, batch), {}, {}};
  const std::int64_t columns = table.layout.shape[1];
  std::vector<std::int64_t> lengths;
  for (std::int64_t r = 0; r < batch.requests(); ++r) {
    lengths.push_back(batch.length(r));
    for (std::int64_t column = 0; column < columns; ++column) {
      const bool used = column < batch.pages_of(r);
      table.cells.push_back(used ? Cell::live : Cell::dead);
      table.bits.push_back(used ? static_cast<std::uint32_t>(batch.physical_page(r, column)) : 0);
    }
  }
  problem.operands.push_back(std::move(table));
  problem.operands.push_back(int_operand("seq_lens", lengths));
}

void add_csr(const Case& c, const DecodeBatch& batch, Problem& problem) {
  std::vector<std::int64_t> starts{0};
  std::vector<std::int64_t> pages;
  std::vector<std::int64_t> last;
  for (std::int64_t r = 0; r < batch.requests(); ++r) {
    for (std::int64_t column = 0; column < batch.pages_of(r); ++column) {
      pages.push_back(batch.physical_page(r, column));
    }
    starts.push_back(static_cast<std::int64_t>(pages.size()));
    last.push_back(batch.length(r) == 0 ? 0 : (batch.length(r) - 1) % batch.page_size() + 1);
  }
  const std::size_t used = pages.size();
  pages.resize(used + static_cast<std::size_t>(c.integer("table_extra")), 0);
  Operand indices = int_operand("kv_indices", pages);
  indices.cells.assign(pages.size(), Cell::dead);
  std::fill_n(indices.cells.begin(), used, Cell::live);
  problem.operands.push_back(int_operand("kv_indptr", starts));
  problem.operands.push_back(std::move(indices));
  problem.operands.push_back(int_operand("kv_last_page_len", last));
}

Operand output_operand(const Case& c, const DecodeBatch& batch, std::string_view variant) {
  const std::int64_t latent = c.integer("latent");
  Operand out{"out",
              *dtype_from_name(c.choice("dtype")),
              Access::output,
              row_layout(c, "out", batch.rows(), latent),
              {},
              {}};
  out.cells.assign(static_cast<std::size_t>(out.layout.elements()),
                   variant == "zero_filled" ? Cell::optional : Cell::dead);
  std::fill_n(out.cells.begin(), batch.owned_rows() * c.integer("H") * latent, Cell::live);
  return out;
}

Layout lse_layout(const Case& c, const DecodeBatch& batch) {
  const std::int64_t heads = c.integer("H");
  const bool transposed = c.flag("lse_transposed");
  const std::int64_t step = (transposed ? batch.rows() : heads) + c.integer("lse_gap");
  return Layout::strided({batch.rows(), heads}, {transposed ? 1 : step, transposed ? step : 1});
}

Operand lse_operand(const Case& c, const DecodeBatch& batch) {
  const std::int64_t heads = c.integer("H");
  Operand lse{"lse", DType::f32, Access::output, lse_layout(c, batch), {}, {}};
  lse.role = Role::lse;
  lse.cells.assign(static_cast<std::size_t>(lse.layout.elements()), Cell::dead);
  std::fill_n(lse.cells.begin(), batch.owned_rows() * heads, Cell::live);
  return lse;
}

std::int64_t draw_length(Random& random, const std::vector<Tile>& tiles, std::int64_t tokens,
                         std::int64_t page, std::int64_t splits) {
  // The classes of a ragged batch: nothing, next to the number of query tokens, to a page, to
  // tiles times splits, powers of two (exact means), and a long one now and then.
  const std::int64_t tile = tiles.empty() ? 16 : tiles.front().extent;
  switch (random.between(0, 7)) {
    case 0:
      return random.between(0, 1);
    case 1:
      return std::max<std::int64_t>(0, tokens + random.between(-1, 1));
    case 2:
      return std::max<std::int64_t>(0, page + random.between(-1, 1));
    case 3:
      return std::min<std::int64_t>(200, splits * tile + random.between(-1, 1));
    case 4:
      return (std::int64_t{1} << random.between(0, 6)) + tokens - 1;
    case 5:
      return random.chance(10) ? random.log_uniform(64, 400) : random.between(1, 40);
    default:
      return draw_extent(random, tiles, "L", 100, true);
  }
}

class MlaDecodeModel final : public OpModel {
 public:
  const Schema& schema() const override { return decode_schema(); }

  std::vector<std::string> tile_axes() const override { return {"L", "H", "latent"}; }

  Case generate(Random& random, const std::vector<Tile>& tiles) const override {
    Case c(decode_schema());
    c.set("dtype", random.pick<std::string>({"f32", "bf16", "f16"}));
    c.set("H", draw_extent(random, tiles, "H", random.chance(90) ? 6 : 17, false));
    c.set("latent", draw_extent(random, tiles, "latent", random.chance(90) ? 40 : 140, false));
    c.set("rope", random.pick<std::int64_t>({0, 1, 6, 8}));
    c.set("page", random.pick<std::int64_t>({1, 1, 2, 3, 16, 64}));
    c.set("splits", random.pick<std::int64_t>({1, 1, 2, 3, 4, 8, 33}));
    c.set("causal", random.chance(80) ? 1 : 0);
    c.set("page_map", random.pick<std::string>({"block_table", "csr"}));
    c.set("scale", random.pick(decode_schema().fields[decode_schema().index_of("scale")].choices));
    c.set("values", random.pick(decode_value_names()));
    c.set("seed", random.between(0, 1 << 30));
    std::vector<std::int64_t> requests;
    const std::int64_t count = random.between(0, 4);
    const std::int64_t uniform = random.chance(40) ? random.between(1, 3) : 0;
    for (std::int64_t r = 0; r < count; ++r) {
      const std::int64_t tokens = uniform > 0 ? uniform : random.between(0, 3);
      requests.push_back(random.chance(3) ? 8 : tokens);
      requests.push_back(
          draw_length(random, tiles, requests.back(), c.integer("page"), c.integer("splits")));
    }
    c.set("requests", std::move(requests));
    const auto some = [&](std::int64_t value) { return random.chance(50) ? 0 : value; };
    c.set("extra_rows", some(random.between(1, 3))).set("spare_pages", some(random.between(1, 2)));
    c.set("table_extra", some(random.between(1, 4))).set("placement", some(random.between(1, 999)));
    c.set("table_gap", some(random.between(1, 8)));
    c.set("q_head_gap", some(draw_gap(random))).set("q_row_gap", some(draw_gap(random)));
    c.set("q_offset", some(draw_offset(random))).set("kv_offset", some(draw_offset(random)));
    c.set("kv_token_gap", some(draw_gap(random))).set("kv_page_gap", some(draw_gap(random)));
    c.set("out_head_gap", some(draw_gap(random))).set("out_row_gap", some(draw_gap(random)));
    return c.set("out_offset", some(draw_offset(random)))
        .set("lse_transposed", some(random.between(0, 1)))
        .set("lse_gap", some(draw_gap(random)))
        .set("q_head_major", random.chance(25) ? 1 : 0)
        .set("out_head_major", random.chance(25) ? 1 : 0);
  }

  std::string inadmissible(const Case& c) const override {
    if (c.integer("latent") + c.integer("rope") > 1024) return "latent + rope is above 1024";
    double work = 0;
    const std::vector<std::int64_t>& list = c.list("requests");
    for (std::size_t i = 0; i < list.size(); i += 2) {
      work += static_cast<double>(list[i]) * static_cast<double>(list[i + 1] + 16);
    }
    work *= static_cast<double>(c.integer("H")) *
            static_cast<double>(c.integer("latent") + c.integer("rope"));
    if (work > 2e8) return "too much work for one case";
    const DecodeBatch batch(c);
    const std::int64_t depth = c.integer("latent") + c.integer("rope");
    return too_much_storage(
        {row_layout(c, "q", batch.rows(), depth), cache_layout(c, batch), table_layout(c, batch),
         row_layout(c, "out", batch.rows(), c.integer("latent")), lse_layout(c, batch)});
  }

  Problem materialise(const Case& c, std::string_view variant) const override {
    const DecodeBatch batch(c);
    const DecodeValues values(c, scale_of(c));
    Problem problem;
    problem.operands.push_back(query_operand(c, batch, values));
    problem.operands.push_back(cache_operand(c, batch, values));
    std::vector<std::int64_t> starts{0};
    for (std::int64_t r = 0; r < batch.requests(); ++r) {
      starts.push_back(starts.back() + batch.tokens(r));
    }
    problem.operands.push_back(int_operand("qo_indptr", starts));
    if (c.choice("page_map") == "csr") {
      add_csr(c, batch, problem);
    } else {
      add_block_table(c, batch, problem);
    }
    problem.operands.push_back(output_operand(c, batch, variant));
    problem.operands.push_back(lse_operand(c, batch));
    problem.integers = {{"latent", c.integer("latent")},
                        {"num_splits", c.integer("splits")},
                        {"causal", c.integer("causal")}};
    problem.reals = {{"scale", scale_of(c)}};
    return problem;
  }

  Case layout_twin(const Case& c) const override {
    Case twin = c;
    bool dense = true;
    for (const LayoutField& field : kLayoutFields) dense = dense && c.integer(field.name) == 0;
    for (const LayoutField& field : kLayoutFields) twin.set(field.name, dense ? field.twin : 0);
    // The page map is layout, too.
    return twin.set("page_map", c.choice("page_map") == "csr" ? "block_table" : "csr");
  }

  std::vector<Relation> relations(const Case&, const Problem& problem,
                                  Random& random) const override {
    return mla_decode_relations(problem, random);
  }

  std::optional<Cost> cost(const Case&, const Problem& problem,
                           std::string_view variant) const override {
    return mla_decode_cost(problem, variant);
  }
  Case cost_case() const override {
    return Case(schema())
        .set("requests", std::vector<std::int64_t>{1, 128, 1, 128, 1, 128, 1, 128})
        .set("H", 16)
        .set("latent", 512)
        .set("rope", 64)
        .set("page", 64)
        .set("splits", 4)
        .set("dtype", "bf16");
  }

  // With q = 0 the answer is the mean of V and ln n, with V = 1 it is 1, whatever the kernel does.
  Check value_check(const Case& c) const override {
    const std::string& values = c.choice("values");
    return values == "zero_query" || values == "ones" ? Check::probe : OpModel::value_check(c);
  }

  bool has_edge_values(const Case& c) const override {
    const std::string& values = c.choice("values");
    if (values == "large" || values == "selector") return true;
    const std::vector<std::int64_t>& list = c.list("requests");
    for (std::size_t i = 0; i < list.size(); i += 2) {
      if (list[i] > 0 && list[i + 1] < list[i]) return true;  // some row sees no key
    }
    return false;
  }
};

}  // namespace

const OpModel& mla_decode_model() {
  static const MlaDecodeModel kModel;
  return kModel;
}

}  // namespace mlacheck
