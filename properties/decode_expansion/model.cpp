#include "properties/decode_expansion/model.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "properties/common/case_size.hpp"

namespace mlacheck {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::int64_t kMaxColumns = 65535;
constexpr std::int64_t kMaxRequests = 1023;
constexpr std::int64_t kMaxCells = std::int64_t{1} << 22;

Schema make_schema() {
  Schema schema;
  schema.op = "decode_expansion";
  schema.fields = {Field::list("seqs", 1, 0, std::int64_t{1} << 22),
                   Field::integer("D", 0, 64, 1),
                   Field::list("lens", 1, 0, 64),
                   Field::list("device_lens", 1, 0, 64),
                   Field::integer("padding", 0, 4096, 0),
                   Field::integer("W", 0, kMaxColumns, 1),
                   Field::choice("page", {"1", "16", "64"}),
                   Field::integer("wider", 0, 1024, 0),
                   Field::integer("spare_rows", 0, 64, 0),
                   Field::integer("base", 0, 1 << 20, 0),
                   Field::choice("tail", {"stale", "poison"}),
                   Field::integer("gap_in", 0, 256, 0),
                   Field::integer("gap_out", 0, 256, 0),
                   Field::integer("offset_in", 0, 64, 0),
                   Field::integer("offset_out", 0, 64, 0),
                   Field::integer("seed", 0, 1'000'000'000, 0)};
  return schema;
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// A case's fields with the derived sizes.
struct Sizes {
  explicit Sizes(const Case& c)
      : seqs(c.list("seqs")),
        host_lens(overridden(Integers(seqs.size(), c.integer("D")), c.list("lens"))),
        device_lens(overridden(host_lens, c.list("device_lens"))),
        page(std::stoll(c.choice("page"))),
        columns(c.integer("W")),
        wide_columns(columns + c.integer("wider")),
        host_tokens(sum(host_lens)),
        tokens(host_tokens + c.integer("padding")),
        capacity(tokens + c.integer("spare_rows")) {}

  static Integers overridden(Integers values, const Integers& replacements) {
    const std::size_t count = std::min(values.size(), replacements.size());
    std::copy_n(replacements.begin(), count, values.begin());
    return values;
  }
  static std::int64_t sum(const Integers& values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
  }

  std::int64_t requests() const { return static_cast<std::int64_t>(seqs.size()); }

  // Columns of request r's table row that some row of the expansion may read.
  std::int64_t used_columns(std::size_t r) const {
    return device_lens[r] == 0 ? 0 : ceil_div(seqs[r], page);
  }

  Integers seqs;
  Integers host_lens;
  Integers device_lens;
  std::int64_t page;
  std::int64_t columns;
  std::int64_t wide_columns;
  std::int64_t host_tokens;
  std::int64_t tokens;
  std::int64_t capacity;
};

std::uint32_t page_id(std::int64_t seed, std::int64_t row, std::int64_t column) {
  const std::int64_t position = (row << 16) + column;
  if (seed == 0) return static_cast<std::uint32_t>(position + 1);
  const std::uint64_t bits = random_bits(static_cast<std::uint64_t>(seed), stream_of("block_table"),
                                         static_cast<std::uint64_t>(position));
  // Never page 0: that is what a padding row names.
  return static_cast<std::uint32_t>(1 + bits % (kExpansionPoolPages - 1));
}

Operand integers(std::string name, const Integers& values, std::int64_t offset) {
  Operand operand;
  operand.name = std::move(name);
  operand.dtype = DType::i32;
  operand.layout = Layout::strided({static_cast<std::int64_t>(values.size())}, {1}, offset);
  for (const std::int64_t value : values) {
    operand.bits.push_back(static_cast<std::uint32_t>(value));
  }
  return operand;
}

Operand output(std::string name, Layout layout) {
  Operand operand;
  operand.name = std::move(name);
  operand.dtype = DType::i32;
  operand.access = Access::output;
  operand.layout = std::move(layout);
  operand.cells.assign(static_cast<std::size_t>(operand.layout.elements()), Cell::dead);
  return operand;
}

// Requests without tokens own no row, so nothing of them may matter.
Operand seq_lens_operand(const Case& c, const Sizes& sizes) {
  Operand operand = integers("seq_lens", sizes.seqs, c.integer("offset_in"));
  for (const std::int64_t len : sizes.device_lens) {
    operand.cells.push_back(len > 0 ? Cell::live : Cell::dead);
  }
  return operand;
}

Layout block_table_layout(const Case& c, const Sizes& sizes) {
  return Layout::strided({sizes.requests(), sizes.columns},
                         {sizes.columns + c.integer("gap_in"), 1}, c.integer("offset_in"));
}

Layout expanded_table_layout(const Case& c, const Sizes& sizes) {
  return Layout::strided({sizes.capacity, sizes.wide_columns},
                         {sizes.wide_columns + c.integer("gap_out"), 1}, c.integer("offset_out"));
}

Operand block_table_operand(const Case& c, const Sizes& sizes) {
  Operand operand;
  operand.name = "block_table";
  operand.dtype = DType::i32;
  operand.layout = block_table_layout(c, sizes);
  const bool stale = c.choice("tail") == "stale";
  for (std::size_t r = 0; r < sizes.seqs.size(); ++r) {
    const bool owns_rows = sizes.device_lens[r] > 0;
    for (std::int64_t column = 0; column < sizes.columns; ++column) {
      const bool holds = owns_rows && (stale || column < sizes.used_columns(r));
      operand.bits.push_back(page_id(c.integer("seed"), static_cast<std::int64_t>(r), column));
      operand.cells.push_back(holds ? Cell::live : Cell::dead);
    }
  }
  return operand;
}

// A running sum from `base`, over what the device knows.
Operand query_start_loc_operand(const Case& c, const Sizes& sizes) {
  Integers starts;
  std::int64_t next = c.integer("base");
  for (const std::int64_t len : sizes.device_lens) {
    starts.push_back(next);
    next += len;
  }
  return integers("query_start_loc", starts, c.integer("offset_in"));
}

Operand rows_output(std::string name, const Case& c, const Sizes& sizes) {
  Operand operand =
      output(std::move(name), Layout::strided({sizes.capacity}, {1}, c.integer("offset_out")));
  std::fill_n(operand.cells.begin(), sizes.tokens, Cell::live);
  return operand;
}

Operand expanded_table_output(const Case& c, const Sizes& sizes) {
  Operand operand = output("expanded_block_table", expanded_table_layout(c, sizes));
  const bool stale = c.choice("tail") == "stale";
  const auto row_cells = [&](std::int64_t row) {
    return operand.cells.begin() + row * sizes.wide_columns;
  };
  std::int64_t row = 0;
  for (std::size_t r = 0; r < sizes.seqs.size(); ++r) {
    for (std::int64_t j = 0; j < sizes.device_lens[r] && row < sizes.tokens; ++j, ++row) {
      // A copy of a cell that holds nothing says nothing.
      std::fill_n(row_cells(row), sizes.columns, Cell::optional);
      std::fill_n(row_cells(row), stale ? sizes.columns : sizes.used_columns(r), Cell::live);
    }
  }
  for (; row < sizes.tokens && sizes.columns > 0; ++row) *row_cells(row) = Cell::live;
  return operand;
}

class DecodeExpansionModel : public OpModel {
 public:
  const Schema& schema() const override {
    static const Schema schema = make_schema();
    return schema;
  }

  std::vector<std::string> tile_axes() const override { return {"R", "W", "T"}; }

  Case generate(Random& random, const std::vector<Tile>& tiles) const override;
  std::string inadmissible(const Case& c) const override {
    const Sizes sizes(c);
    if (sizes.requests() > kMaxRequests) return "seqs: more than 1023 requests";
    for (const std::int64_t seq : sizes.seqs) {
      if (ceil_div(seq, sizes.page) > sizes.columns) {
        return "W: " + std::to_string(sizes.columns) + " pages of " + std::to_string(sizes.page) +
               " tokens do not hold " + std::to_string(seq) + " tokens";
      }
    }
    if (sizes.capacity * sizes.wide_columns > kMaxCells) return "more than 2^22 expanded cells";
    return too_much_storage({block_table_layout(c, sizes), expanded_table_layout(c, sizes)});
  }

  bool same_rules_for_all_variants() const override { return true; }

  Problem materialise(const Case& c, std::string_view) const override {
    const Sizes sizes(c);
    Problem problem;
    problem.operands = {seq_lens_operand(c, sizes),
                        block_table_operand(c, sizes),
                        integers("decode_lens", sizes.device_lens, c.integer("offset_in")),
                        query_start_loc_operand(c, sizes),
                        rows_output("expanded_seq_lens", c, sizes),
                        expanded_table_output(c, sizes),
                        rows_output("expanded_decode_lens", c, sizes)};
    const auto [least, most] = std::minmax_element(sizes.host_lens.begin(), sizes.host_lens.end());
    const bool any = !sizes.host_lens.empty();
    problem.integers = {{"tokens", sizes.tokens},
                        {"decode_tokens", sizes.host_tokens},
                        {"min_decode_len", any ? *least : 0},
                        {"max_decode_len", any ? *most : 0},
                        {"lens_exact", c.list("device_lens").empty() ? 1 : 0},
                        {"page_size", sizes.page},
                        {"pool_pages", kExpansionPoolPages}};
    return problem;
  }

  Case layout_twin(const Case& c) const override {
    Case twin = c;
    const auto other = [&](std::string_view field, std::int64_t value) {
      twin.set(field, c.integer(field) == 0 ? value : 0);
    };
    other("gap_in", 5);
    other("gap_out", 3);
    other("offset_in", 1);
    other("offset_out", 7);
    return twin;
  }

  std::vector<Relation> relations(const Case&, const Problem& problem,
                                  Random& random) const override {
    return decode_expansion_relations(problem, random);
  }

  std::optional<Cost> cost(const Case&, const Problem& problem,
                           std::string_view variant) const override {
    return decode_expansion_cost(problem, variant);
  }
  Case cost_case() const override {
    return Case(schema())
        .set("seqs", std::vector<std::int64_t>(6, 163840))
        .set("D", 4)
        .set("padding", 2)
        .set("W", 2560)
        .set("page", "64");
  }

  Check value_check(const Case&) const override { return Check::metadata; }

  bool has_consumer() const override { return true; }

  std::vector<std::string> consume(
      const Problem& problem,
      const std::vector<std::vector<std::uint32_t>>& outputs) const override {
    return decode_expansion_faults(problem, outputs);
  }

  bool has_edge_values(const Case& c) const override {
    const Sizes sizes(c);
    if (sizes.tokens > sizes.host_tokens || sizes.device_lens != sizes.host_lens) return true;
    for (std::size_t r = 0; r < sizes.seqs.size(); ++r) {
      if (sizes.seqs[r] < sizes.host_lens[r] || sizes.host_lens[r] == 0) return true;
    }
    return false;
  }
};

// Draws the parts of a case. A swarm: most features are absent from most cases, so that each also
// meets the plainest surroundings.
class Generator {
 public:
  Generator(Random& random, const std::vector<Tile>& tiles) : random_(random), tiles_(tiles) {}

  Case draw(const Schema& schema) {
    Case c(schema);
    draw_sizes();
    c.set("page", std::to_string(page_)).set("W", columns_).set("D", decode_len_);
    const Integers lens = draw_lens();
    c.set("lens", lens).set("seqs", draw_seqs(lens));
    if (random_.chance(12)) c.set("device_lens", draw_device_lens(Sizes(c).host_lens));
    if (random_.chance(50)) {
      c.set("padding", draw_padding(Sizes(c).host_tokens));
    }
    draw_layout(c);
    if (random_.chance(40)) c.set("tail", "poison");
    if (random_.chance(40)) c.set("base", random_.log_uniform(1, 1 << 20));
    if (random_.chance(60)) c.set("seed", random_.between(1, 1'000'000'000));
    return c;
  }

 private:
  // Requests, tokens and columns multiply: at most one of them is large.
  void draw_sizes() {
    const std::int64_t large = random_.between(0, 3);
    requests_ = draw_extent(random_, tiles_, "R", large == 1 ? 260 : 9, true);
    columns_ =
        random_.chance(3) ? 0 : draw_extent(random_, tiles_, "W", large == 2 ? 400 : 40, false);
    most_rows_ = large == 3 ? 270 : std::max<std::int64_t>(requests_, 36);
    static const Integers kLens{1, 2, 3, 4, 5, 8, 17};
    decode_len_ = random_.chance(4) ? 0 : random_.pick(kLens);
    const std::int64_t per_request = most_rows_ / std::max<std::int64_t>(requests_, 1);
    decode_len_ = std::min(decode_len_, std::max<std::int64_t>(per_request, 1));
    static const Integers kPages{1, 16, 64};
    page_ = random_.pick(kPages);
  }

  // Adaptive verification: the device kept fewer tokens of some requests than the host reckons
  // with, and of another one, now and then, as many more as have become free.
  Integers draw_device_lens(Integers lens) {
    std::int64_t freed = 0;
    for (std::int64_t& len : lens) {
      const std::int64_t kept = random_.chance(50) ? len : random_.between(0, len);
      freed += len - kept;
      len = kept;
    }
    if (!lens.empty() && random_.chance(40)) {
      std::int64_t& lucky = lens[static_cast<std::size_t>(
          random_.between(0, static_cast<std::int64_t>(lens.size()) - 1))];
      lucky = std::min<std::int64_t>(lucky + random_.between(0, freed), 64);
    }
    return lens;
  }

  // Ragged one time in four: two thirds of [0, D] at random, or all D but for one request.
  Integers draw_lens() {
    if (!random_.chance(25) || requests_ == 0) return {};
    Integers lens(static_cast<std::size_t>(requests_), decode_len_);
    if (random_.chance(33)) {
      lens[static_cast<std::size_t>(random_.between(0, requests_ - 1))] =
          random_.between(0, decode_len_ + 1);
      return lens;
    }
    for (std::int64_t& len : lens) {
      if (random_.chance(67)) len = random_.between(0, decode_len_ + 1);
    }
    return lens;
  }

  // Next to the decode length (where clamping begins), to a page, and to the end of the table.
  Integers draw_seqs(const Integers& lens) {
    const std::int64_t most = columns_ * page_;
    const bool short_requests = random_.chance(50);
    Integers seqs;
    for (std::int64_t r = 0; r < requests_; ++r) {
      const std::int64_t n = lens.empty() ? decode_len_ : lens[static_cast<std::size_t>(r)];
      const Integers classes{0,         1,    n - 1,        n,       n + 1, page_ - 1, page_,
                             page_ + 1, most, most - page_, most - 1};
      std::int64_t seq = random_.log_uniform(1, std::max<std::int64_t>(most, 1));
      if (random_.chance(50)) seq = random_.pick(classes);
      if (!short_requests) seq = std::max(seq, n);
      seqs.push_back(std::clamp<std::int64_t>(seq, 0, most));
    }
    if (random_.chance(50) && requests_ > 0) {
      seqs[static_cast<std::size_t>(random_.between(0, requests_ - 1))] = most;
    }
    return seqs;
  }

  // A few rows, up to a multiple of 8 (captured graph sizes), or up to a tile.
  std::int64_t draw_padding(std::int64_t tokens) {
    const std::int64_t kind = random_.between(0, 2);
    if (kind == 0) return random_.between(1, 5);
    if (kind == 1) return ceil_div(tokens + 1, 8) * 8 - tokens;
    const std::int64_t target = draw_extent(random_, tiles_, "T", most_rows_ + 8, false);
    return std::max<std::int64_t>(target - tokens, 0);
  }

  void draw_layout(Case& c) {
    if (random_.chance(60)) {
      c.set("gap_in", draw_gap(random_)).set("gap_out", draw_gap(random_));
      c.set("offset_in", draw_offset(random_)).set("offset_out", draw_offset(random_));
    }
    if (random_.chance(50)) {
      // One more than the source, and the source's row stride: widths that callers have mixed up.
      const Integers kinds{1, c.integer("gap_in"), c.integer("gap_in") + 1, random_.between(1, 40)};
      c.set("wider", random_.pick(kinds));
    }
    if (random_.chance(40)) c.set("spare_rows", random_.between(1, 9));
  }

  Random& random_;
  const std::vector<Tile>& tiles_;
  std::int64_t requests_ = 0;
  std::int64_t columns_ = 0;
  std::int64_t decode_len_ = 0;
  std::int64_t page_ = 1;
  std::int64_t most_rows_ = 0;
};

Case DecodeExpansionModel::generate(Random& random, const std::vector<Tile>& tiles) const {
  return Generator(random, tiles).draw(schema());
}

}  // namespace

const OpModel& decode_expansion_model() {
  static const DecodeExpansionModel model;
  return model;
}

}  // namespace mlacheck
