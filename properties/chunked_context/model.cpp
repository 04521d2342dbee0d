#include "properties/chunked_context/model.hpp"

#include <algorithm>
#include <limits>

#include "properties/common/case_size.hpp"
#include "properties/common/state_layout.hpp"
#include "properties/common/state_lse.hpp"
#include "properties/common/values.hpp"

namespace mlacheck {
namespace {

constexpr std::int64_t kMostChunks = 33;
constexpr std::int64_t kMostTokens = 4096;  // of one request

Schema make_schema() {
  Schema schema;
  schema.op = "chunked_context";
  schema.fields = {
      Field::integer("chunks", 1, kMostChunks, 1),
      // [tokens:chunks with context]: the request's rows are empty from that chunk on
      Field::list("requests", 2, 0, kMostTokens), Field::integer("N", 0, 256, 1),
      Field::integer("V", 0, 2048, 1),
      // C: up to the last request with context, or all tokens
      Field::choice("context_rows", {"last", "all"}),
      Field::integer("suffix_empty", 0, 1, 0),  // a third of the suffix rows is empty
      Field::choice("dtype", {"f32", "f16", "bf16"}), Field::choice("values", value_class_names()),
      Field::choice("lse", lse_class_names()), Field::choice("lse_empty", empty_lse_names()),
      Field::integer("seed", 0, 1 << 30, 0),
      // [swapped:inner_gap:outer_gap:offset], chunk j has entry j modulo the number of entries
      Field::list("chunk_out_layouts", 4, 0, kMaxStateGap),
      Field::list("chunk_lse_layouts", 4, 0, kMaxStateGap)};
  for (const char* tensor : {"suffix_out", "suffix_lse", "out"}) add_layout_fields(schema, tensor);
  return schema;
}

StateLayout chunk_layout(const std::vector<std::int64_t>& entries, std::int64_t chunk) {
  if (entries.empty()) return {};
  const auto count = static_cast<std::int64_t>(entries.size()) / 4;
  const auto first = static_cast<std::size_t>(chunk % count * 4);
  return {entries[first] % 2 == 1, entries[first + 1], entries[first + 2], entries[first + 3]};
}

void append_layout(std::vector<std::int64_t>& entries, const StateLayout& layout) {
  entries.insert(entries.end(),
                 {layout.swapped ? 1 : 0, layout.inner_gap, layout.outer_gap, layout.offset});
}

// What the elements of a case depend on, looked up once.
struct Batch {
  explicit Batch(const Case& c)
      : chunks(c.integer("chunks")),
        heads(c.integer("N")),
        width(c.integer("V")),
        seed(static_cast<std::uint64_t>(c.integer("seed"))),
        dtype(*dtype_from_name(c.choice("dtype"))),
        values(value_class(c.choice("values"))),
        lse(lse_class(c.choice("lse"))),
        convention(c.choice("lse_empty")),
        suffix_empty(c.flag("suffix_empty")) {
    const std::vector<std::int64_t>& requests = c.list("requests");
    std::int64_t last_with_context = 0;
    for (std::size_t r = 0; r + 1 < requests.size(); r += 2) {
      context_chunks.insert(context_chunks.end(), static_cast<std::size_t>(requests[r]),
                            requests[r + 1]);
      if (requests[r + 1] > 0) last_with_context = tokens();
    }
    context_tokens = c.choice("context_rows") == "all" ? tokens() : last_with_context;
  }

  std::int64_t tokens() const { return static_cast<std::int64_t>(context_chunks.size()); }

  std::uint64_t row(std::int64_t token, std::int64_t head) const {
    return static_cast<std::uint64_t>(token * heads + head);
  }

  /// Part `chunks` is the suffix.
  bool is_empty(std::int64_t token, std::int64_t head, std::int64_t part) const {
    if (part < chunks) return part >= context_chunks[static_cast<std::size_t>(token)];
    return suffix_empty && random_bits(seed, stream_of("suffix.empty"), row(token, head)) % 3 == 0;
  }

  double lse_of(std::int64_t token, std::int64_t head, std::int64_t part) const {
    const auto index = static_cast<std::uint64_t>(part);
    const std::uint64_t r = row(token, head);
    if (is_empty(token, head, part)) return empty_lse(convention, seed, r, index);
    return lse_value(lse, seed, r, index);
  }

  // Past C the suffix is copied whatever its LSE says.
  bool is_dead(std::int64_t token, std::int64_t head, std::int64_t part) const {
    if (part == chunks && token >= context_tokens) return false;
    return is_empty(token, head, part);
  }

  std::int64_t chunks;
  std::int64_t heads;
  std::int64_t width;
  std::uint64_t seed;
  DType dtype;
  ValueClass values;
  LseClass lse;
  std::string convention;
  bool suffix_empty;
  std::vector<std::int64_t> context_chunks;  ///< for each token
  std::int64_t context_tokens = 0;
};

Operand values_operand(const Batch& batch, std::string name, const StateLayout& layout,
                       std::int64_t part) {
  Operand operand;
  operand.name = std::move(name);
  operand.dtype = batch.dtype;
  operand.layout = value_layout(layout, batch.tokens(), batch.heads, batch.width);
  operand.bits =
      fill(batch.dtype, batch.values, batch.seed, operand.name, operand.layout.elements());
  for (std::int64_t token = 0; token < batch.tokens(); ++token) {
    for (std::int64_t head = 0; head < batch.heads; ++head) {
      const Cell cell = batch.is_dead(token, head, part) ? Cell::dead : Cell::live;
      operand.cells.insert(operand.cells.end(), static_cast<std::size_t>(batch.width), cell);
    }
  }
  return operand;
}

Operand lse_operand(const Batch& batch, std::string name, const StateLayout& layout,
                    std::int64_t part) {
  Operand operand;
  operand.name = std::move(name);
  operand.role = Role::lse;
  operand.layout = lse_layout(layout, batch.tokens(), batch.heads);
  for (std::int64_t head = 0; head < batch.heads; ++head) {
    for (std::int64_t token = 0; token < batch.tokens(); ++token) {
      operand.bits.push_back(encode(DType::f32, batch.lse_of(token, head, part)));
    }
  }
  return operand;
}

// The first chunk's own tensors serve as the spare: they may be overwritten, also in rows that are
// empty. Such a row may not be declared dead then (dead cells must stay untouched), so it gets its
// junk here: NaN and the largest number in turn.
void allow_overwriting(Operand& operand) {
  const std::uint32_t nan = encode(operand.dtype, std::numeric_limits<double>::quiet_NaN());
  const std::uint32_t junk = encode(operand.dtype, largest_finite(operand.dtype));
  for (std::size_t i = 0; i < operand.cells.size(); ++i) {
    if (operand.cells[i] == Cell::dead) operand.bits[i] = i % 2 == 0 ? nan : junk;
  }
  operand.access = Access::update;
  operand.cells.assign(operand.bits.size(), Cell::optional);
}

class ChunkedContextModel final : public OpModel {
 public:
  const Schema& schema() const override {
    static const Schema kSchema = make_schema();
    return kSchema;
  }

  std::vector<std::string> tile_axes() const override { return {"V", "N"}; }

  Case generate(Random& random, const std::vector<Tile>& tiles) const override {
    Case c(schema());
    draw_sizes(random, tiles, c);
    draw_values(random, c);
    if (random.chance(70)) draw_layouts(random, c);
    return c;
  }

  std::string inadmissible(const Case& c) const override {
    if (c.choice("values") == "special" && weights_may_vanish(lse_class(c.choice("lse")))) {
      return "an infinite element times a weight that underflows has no agreed answer";
    }
    std::int64_t tokens = 0;
    const std::vector<std::int64_t>& requests = c.list("requests");
    for (std::size_t r = 0; r + 1 < requests.size(); r += 2) tokens += requests[r];
    std::vector<Layout> layouts;
    const auto add = [&](const StateLayout& out, const StateLayout& lse) {
      layouts.push_back(value_layout(out, tokens, c.integer("N"), c.integer("V")));
      layouts.push_back(lse_layout(lse, tokens, c.integer("N")));
    };
    for (std::int64_t j = 0; j < c.integer("chunks"); ++j) {
      add(chunk_layout(c.list("chunk_out_layouts"), j),
          chunk_layout(c.list("chunk_lse_layouts"), j));
    }
    add(layout_of(c, "suffix_out"), layout_of(c, "suffix_lse"));
    layouts.push_back(value_layout(layout_of(c, "out"), tokens, c.integer("N"), c.integer("V")));
    return too_much_storage(layouts);
  }

  Problem materialise(const Case& c, std::string_view variant) const override {
    const Batch batch(c);
    const std::vector<std::int64_t>& out_layouts = c.list("chunk_out_layouts");
    const std::vector<std::int64_t>& lse_layouts = c.list("chunk_lse_layouts");
    Problem problem;
    for (std::int64_t j = 0; j < batch.chunks; ++j) {
      const std::string index = std::to_string(j);
      problem.operands.push_back(
          values_operand(batch, "chunk_out_" + index, chunk_layout(out_layouts, j), j));
      problem.operands.push_back(
          lse_operand(batch, "chunk_lse_" + index, chunk_layout(lse_layouts, j), j));
    }
    // With two chunks the only merge goes into the new pair.
    if (variant == "swapped" && batch.chunks >= 3) {
      allow_overwriting(problem.operands[0]);
      allow_overwriting(problem.operands[1]);
    }
    problem.operands.push_back(
        values_operand(batch, "suffix_out", layout_of(c, "suffix_out"), batch.chunks));
    problem.operands.push_back(
        lse_operand(batch, "suffix_lse", layout_of(c, "suffix_lse"), batch.chunks));
    Operand out;
    out.name = "out";
    out.dtype = batch.dtype;
    out.access = Access::output;
    out.layout = value_layout(layout_of(c, "out"), batch.tokens(), batch.heads, batch.width);
    problem.operands.push_back(std::move(out));
    problem.integers = {{"chunks", batch.chunks},
                        {"prefill_tokens_with_context", batch.context_tokens}};
    return problem;
  }

  Case layout_twin(const Case& c) const override {
    Case twin = c;
    for (const char* tensor : {"suffix_out", "suffix_lse", "out"}) {
      set_layout(twin, tensor, twin_of(layout_of(c, tensor)));
    }
    for (const char* field : {"chunk_out_layouts", "chunk_lse_layouts"}) {
      const std::vector<std::int64_t>& entries = c.list(field);
      const std::int64_t count = std::max<std::int64_t>(1, std::ssize(entries) / 4);
      std::vector<std::int64_t> twins;
      for (std::int64_t j = 0; j < count; ++j) {
        append_layout(twins, twin_of(chunk_layout(entries, j)));
      }
      twin.set(field, std::move(twins));
    }
    return twin;
  }

  std::vector<Relation> relations(const Case& c, const Problem& problem,
                                  Random& random) const override {
    std::vector<std::int64_t> ends;
    const std::vector<std::int64_t>& requests = c.list("requests");
    for (std::size_t r = 0; r + 1 < requests.size(); r += 2) {
      if (requests[r] > 0) ends.push_back((ends.empty() ? 0 : ends.back()) + requests[r]);
    }
    return chunked_context_relations(problem, ends, random);
  }

  std::optional<Cost> cost(const Case&, const Problem& problem,
                           std::string_view variant) const override {
    return chunked_context_cost(problem, variant);
  }
  Case cost_case() const override {
    return Case(schema())
        .set("chunks", 16)
        .set("requests", std::vector<std::int64_t>{512, 16})
        .set("N", 16)
        .set("V", 128)
        .set("dtype", "bf16");
  }

  bool has_edge_values(const Case& c) const override {
    const LseClass lse = lse_class(c.choice("lse"));
    const bool plain_lse =
        lse == LseClass::equal || lse == LseClass::near || lse == LseClass::independent;
    const std::vector<std::int64_t>& requests = c.list("requests");
    bool all_full = true;
    for (std::size_t r = 0; r + 1 < requests.size(); r += 2) {
      all_full = all_full && (requests[r] == 0 || requests[r + 1] >= c.integer("chunks"));
    }
    return !plain_lse || !all_full || c.flag("suffix_empty") || c.choice("values") == "special";
  }

 private:
  static void draw_sizes(Random& random, const std::vector<Tile>& tiles, Case& c) {
    static const std::vector<std::int64_t> kWidths{32, 48, 64, 96, 128, 192, 256, 512};
    static const std::vector<std::int64_t> kChunks{1, 2, 2, 3, 3, 4, 4, 5, 8, 16, 17, 33};
    const std::int64_t chunks = random.pick(kChunks);
    std::int64_t heads = draw_extent(random, tiles, "N", 20, random.chance(10));
    const std::int64_t width =
        random.chance(30) ? random.pick(kWidths) : draw_extent(random, tiles, "V", 300, true);
    std::vector<std::int64_t> requests = draw_requests(random, chunks);
    std::int64_t tokens = 0;
    for (std::size_t r = 0; r < requests.size(); r += 2) tokens += requests[r];
    const std::int64_t budget = random.chance(2) ? 100000 : 10000;
    while (heads > 1 && tokens * heads * width * chunks > budget) heads /= 2;
    while (requests.size() > 2 && tokens * heads * width * chunks > budget) {
      tokens -= requests[requests.size() - 2];
      requests.resize(requests.size() - 2);
    }
    c.set("chunks", chunks).set("N", heads).set("V", width).set("requests", std::move(requests));
    if (random.chance(30)) c.set("context_rows", "all");
    if (random.chance(20)) c.set("suffix_empty", 1);
  }

  // Mandatory members of a batch: no context, exhausted after the first chunk, present in all but
  // the last, present in all.
  static std::vector<std::int64_t> draw_requests(Random& random, std::int64_t chunks) {
    const std::vector<std::int64_t> contexts{0, 1, chunks - 1, chunks, random.between(0, chunks)};
    const std::int64_t count = random.between(1, 4);
    std::vector<std::pair<std::int64_t, std::int64_t>> drawn;
    for (std::int64_t r = 0; r < count; ++r) {
      drawn.emplace_back(random.log_uniform(1, 9) - (random.chance(10) ? 1 : 0),
                         random.pick(contexts));
    }
    // Schedulers put requests with context first; the contract asks only that C covers them.
    if (random.chance(60)) {
      std::stable_partition(drawn.begin(), drawn.end(),
                            [](const auto& request) { return request.second > 0; });
    }
    std::vector<std::int64_t> requests;
    for (const auto& [tokens, context] : drawn) requests.insert(requests.end(), {tokens, context});
    return requests;
  }

  static void draw_values(Random& random, Case& c) {
    c.set("dtype", random.pick<std::string>({"f32", "f16", "bf16"}));
    c.set("values", random.pick(value_class_names()));
    c.set("lse", random.pick(lse_class_names()));
    if (c.choice("values") == "special" && weights_may_vanish(lse_class(c.choice("lse")))) {
      c.set("lse", "near");
    }
    if (random.chance(40)) c.set("lse_empty", random.pick(empty_lse_names()));
    c.set("seed", random.between(0, 1 << 30));
  }

  static void draw_layouts(Random& random, Case& c) {
    for (const char* tensor : {"suffix_out", "suffix_lse", "out"}) {
      set_layout(c, tensor, draw_state_layout(random));
    }
    for (const char* field : {"chunk_out_layouts", "chunk_lse_layouts"}) {
      std::vector<std::int64_t> entries;
      const std::int64_t count = random.between(0, 3);
      for (std::int64_t j = 0; j < count; ++j) append_layout(entries, draw_state_layout(random));
      c.set(field, std::move(entries));
    }
  }
};

}  // namespace

const OpModel& chunked_context_model() {
  static const ChunkedContextModel kModel;
  return kModel;
}

}  // namespace mlacheck
