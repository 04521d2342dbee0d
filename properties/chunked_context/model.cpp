#include "properties/chunked_context/model.hpp"

#include <algorithm>
#include <limits>

#include "properties/chunked_context/fields.hpp"
#include "properties/common/case_size.hpp"
#include "properties/common/typed_model.hpp"

namespace mlacheck::chunked_context {
namespace {

// What the rows of a case hold. Part `chunks` is the suffix.
class Batch {
 public:
  explicit Batch(const Fields& f) : f_(f), seed_(static_cast<std::uint64_t>(f.seed)) {
    std::int64_t last_with_context = 0;
    for (const Request& request : f.requests) {
      context_chunks_.insert(context_chunks_.end(), static_cast<std::size_t>(request.tokens),
                             request.context);
      if (request.context > 0) last_with_context = std::ssize(context_chunks_);
    }
    context_tokens_ =
        f.context_rows == ContextRows::all ? std::ssize(context_chunks_) : last_with_context;
  }

  std::int64_t context_tokens() const { return context_tokens_; }

  double lse_of(std::int64_t token, std::int64_t head, std::int64_t part) const {
    const auto index = static_cast<std::uint64_t>(part);
    const std::uint64_t r = row(token, head);
    if (is_empty(token, head, part)) return empty_lse(f_.lse_empty, seed_, r, index);
    return lse_value(f_.lse, seed_, r, index);
  }

  // Past C the suffix is copied whatever its LSE says.
  Cell cell(std::int64_t token, std::int64_t head, std::int64_t part) const {
    if (part == f_.chunks && token >= context_tokens_) return Cell::live;
    return is_empty(token, head, part) ? Cell::dead : Cell::live;
  }

 private:
  std::uint64_t row(std::int64_t token, std::int64_t head) const {
    return static_cast<std::uint64_t>(token * f_.heads + head);
  }

  bool is_empty(std::int64_t token, std::int64_t head, std::int64_t part) const {
    if (part < f_.chunks) return part >= context_chunks_[static_cast<std::size_t>(token)];
    return f_.suffix_empty &&
           random_bits(seed_, stream_of("suffix.empty"), row(token, head)) % 3 == 0;
  }

  const Fields& f_;
  std::uint64_t seed_;
  std::vector<std::int64_t> context_chunks_;  // for each token
  std::int64_t context_tokens_ = 0;
};

void add_part(Problem& problem, const Fields& f, const Batch& batch, const std::string& out_name,
              const std::string& lse_name, std::int64_t part) {
  const bool suffix = part == f.chunks;
  problem.operands.push_back(state_values(
      out_name, f.dtype, f.shape(), suffix ? f.suffix_out : f.out_of_chunk(part), f.values,
      static_cast<std::uint64_t>(f.seed),
      [&](std::int64_t token, std::int64_t head) { return batch.cell(token, head, part); }));
  problem.operands.push_back(state_lse(
      lse_name, f.shape(), suffix ? f.suffix_lse : f.lse_of_chunk(part),
      [&](std::int64_t token, std::int64_t head) { return batch.lse_of(token, head, part); },
      [](std::int64_t, std::int64_t) { return Cell::live; }));
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

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"V", "H"}; }

  std::vector<RowSize> row_sizes(const Problem& problem) const override {
    return row_sizes_of(problem);
  }
  void move_rows(Problem& problem, const RowSize& size, const RowPlaces& places) const override {
    move_rows_of(problem, size, places);
  }

 protected:
  std::string objection(const Fields& f) const override {
    std::string reason = no_agreed_answer(f.values, f.lse);
    if (!reason.empty()) return reason;
    const StateShape s = f.shape();
    std::vector<Layout> layouts{f.suffix_out.layout(s.values()), f.suffix_lse.layout(s.lse()),
                                f.out.layout(s.values())};
    for (std::int64_t j = 0; j < f.chunks; ++j) {
      layouts.push_back(f.out_of_chunk(j).layout(s.values()));
      layouts.push_back(f.lse_of_chunk(j).layout(s.lse()));
    }
    return too_much_storage(layouts);
  }

  Problem problem(const Fields& f, std::string_view variant) const override {
    const Batch batch(f);
    Problem problem;
    for (std::int64_t j = 0; j < f.chunks; ++j) {
      add_part(problem, f, batch, chunk_out(j), chunk_lse(j), j);
    }
    // With two chunks the only merge goes into the new pair.
    if (variant == "swapped" && f.chunks >= 3) {
      allow_overwriting(problem.operands[0]);
      allow_overwriting(problem.operands[1]);
    }
    add_part(problem, f, batch, "suffix_out", "suffix_lse", f.chunks);
    problem.operands.push_back(state_values_out("out", f.dtype, f.shape(), f.out));
    reference::write_scalars(problem, Parameters{f.chunks, batch.context_tokens()});
    return problem;
  }

  std::vector<Relation> related(const Fields& f, const Problem& problem,
                                Random& random) const override {
    std::vector<std::int64_t> ends;
    for (const Request& request : f.requests) {
      if (request.tokens > 0) ends.push_back((ends.empty() ? 0 : ends.back()) + request.tokens);
    }
    return relations_of(problem, ends, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    if (variant != "fresh" && variant != "swapped") return std::nullopt;
    const Operand& out = Operands{problem}.out();
    const std::int64_t tokens = out.layout.shape[0];
    const std::int64_t heads = out.layout.shape[1];
    const auto row_bytes = static_cast<std::uint64_t>(out.layout.shape[2]) * size_of(out.dtype);
    if (tokens * heads == 0 || row_bytes == 0) return Cost{};
    const Parameters p = Parameters::of(problem);
    const auto chunks = static_cast<std::uint64_t>(p.chunks);
    const std::int64_t copied = tokens - p.context_tokens;
    const std::uint64_t pair_bytes =
        static_cast<std::uint64_t>(tokens * heads) * (row_bytes + sizeof(float));
    const std::uint64_t merges = chunks - 1;  // before the last one, which has the caller's buffer
    const std::uint64_t pairs = variant == "fresh" ? merges : std::min<std::uint64_t>(merges, 1);
    // While a merge runs, its result and the running state that it reads are held.
    const std::uint64_t held = std::min<std::uint64_t>(pairs, 2);
    return Cost{.launches = chunks,
                .allocations = 2 * pairs,
                .bytes_allocated = pairs * pair_bytes,
                .peak_bytes = held * pair_bytes,
                .bytes_copied = static_cast<std::uint64_t>(copied * heads) * row_bytes};
  }

  // exp and log are the device's.
  bool portable(const Fields& /*f*/) const override { return false; }
  Fields typical() const override {
    return {.chunks = 16, .requests = {{512, 16}}, .heads = 16, .width = 128, .dtype = DType::bf16};
  }

  bool edge_values(const Fields& f) const override {
    bool all_full = true;
    for (const Request& request : f.requests) {
      all_full = all_full && (request.tokens == 0 || request.context >= f.chunks);
    }
    return !is_plain(f.lse) || !all_full || f.suffix_empty || f.values == ValueClass::special ||
           f.values == ValueClass::largest;
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::chunked_context
