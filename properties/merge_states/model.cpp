#include "properties/merge_states/model.hpp"

#include "properties/common/case_size.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/merge_states/fields.hpp"

namespace mlacheck::merge_states {
namespace {

// The two parts, in the order in which their numbers are drawn.
enum class Side : std::uint8_t { prefix, suffix };

// What the rows of a case hold.
class Rows {
 public:
  explicit Rows(const Fields& f)
      : f_(f), context_tokens_(f.tokens - f.copied), seed_(static_cast<std::uint64_t>(f.seed)) {}

  std::int64_t context_tokens() const { return context_tokens_; }

  double lse_of(std::int64_t token, std::int64_t head, Side side) const {
    const auto part = static_cast<std::uint64_t>(side);
    if (is_empty(token, head, side)) return empty_lse(f_.lse_empty, seed_, row(token, head), part);
    return lse_value(f_.lse, seed_, row(token, head), part);
  }

  // Past C nothing of the prefix counts, and the suffix is copied whatever its LSE says.
  Cell values_cell(std::int64_t token, std::int64_t head, Side side) const {
    if (token >= context_tokens_) return lse_cell(token, side);
    return is_empty(token, head, side) ? Cell::dead : Cell::live;
  }
  Cell lse_cell(std::int64_t token, Side side) const {
    return side == Side::prefix && token >= context_tokens_ ? Cell::dead : Cell::live;
  }

 private:
  bool is_empty(std::int64_t token, std::int64_t head, Side side) const {
    switch (f_.empty) {
      case EmptySides::none:
        return false;
      case EmptySides::prefix:
        return side == Side::prefix;
      case EmptySides::suffix:
        return side == Side::suffix;
      case EmptySides::both:
        return true;
      case EmptySides::some:
        break;
    }
    const std::uint64_t stream = stream_of("empty") + static_cast<std::uint64_t>(side);
    return random_bits(seed_, stream, row(token, head)) % 3 == 0;
  }

  std::uint64_t row(std::int64_t token, std::int64_t head) const {
    return static_cast<std::uint64_t>(token * f_.heads + head);
  }

  const Fields& f_;
  std::int64_t context_tokens_;
  std::uint64_t seed_;
};

void add_side(Problem& problem, const Fields& f, const Rows& rows, Side side) {
  const bool prefix = side == Side::prefix;
  const std::string name = prefix ? "prefix" : "suffix";
  problem.operands.push_back(state_values(
      name + "_out", f.dtype, f.shape(), prefix ? f.prefix_out : f.suffix_out, f.values,
      static_cast<std::uint64_t>(f.seed),
      [&](std::int64_t token, std::int64_t head) { return rows.values_cell(token, head, side); }));
  problem.operands.push_back(state_lse(
      name + "_lse", f.shape(), prefix ? f.prefix_lse : f.suffix_lse,
      [&](std::int64_t token, std::int64_t head) { return rows.lse_of(token, head, side); },
      [&](std::int64_t token, std::int64_t) { return rows.lse_cell(token, side); }));
}

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"V", "H", "groups"}; }

  bool same_rules_for_all_variants() const override { return true; }

  std::vector<RowSize> row_sizes(const Problem& problem) const override {
    return row_sizes_of(problem);
  }
  void move_rows(Problem& problem, const RowSize& size, const RowPlaces& places) const override {
    move_rows_of(problem, size, places);
  }

 protected:
  std::string objection(const Fields& f) const override {
    if (f.copied > f.tokens) return "more copied tokens than tokens";
    std::string reason = no_agreed_answer(f.values, f.lse);
    if (!reason.empty()) return reason;
    const StateShape s = f.shape();
    return too_much_storage({f.prefix_out.layout(s.values()), f.suffix_out.layout(s.values()),
                             f.out.layout(s.values()), f.prefix_lse.layout(s.lse()),
                             f.suffix_lse.layout(s.lse()), f.lse_out.layout(s.lse())});
  }

  Problem problem(const Fields& f, std::string_view /*variant*/) const override {
    const Rows rows(f);
    Problem problem;
    add_side(problem, f, rows, Side::prefix);
    add_side(problem, f, rows, Side::suffix);
    problem.operands.push_back(state_values_out("out", f.dtype, f.shape(), f.out));
    if (f.has_lse_out) problem.operands.push_back(state_lse_out("lse_out", f.shape(), f.lse_out));
    reference::write_scalars(problem, Parameters{rows.context_tokens()});
    return problem;
  }

  std::vector<Relation> related(const Fields& /*f*/, const Problem& problem,
                                Random& random) const override {
    return relations_of(problem, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    if (variant != "scalar" && variant != "vectorized") return std::nullopt;
    const Operands o{problem};
    const Operand& out = o.out();
    const std::int64_t tokens = out.layout.shape[0];
    const std::int64_t heads = out.layout.shape[1];
    if (tokens == 0 || heads == 0) return Cost{};
    // Tokens without context pass through, values and LSE.
    const std::int64_t copied = tokens - Parameters::of(problem).context_tokens;
    auto row_bytes = static_cast<std::uint64_t>(out.layout.shape[2]) * size_of(out.dtype);
    if (o.lse_out() != nullptr) row_bytes += sizeof(float);
    return Cost{.launches = 1,
                .bytes_copied = static_cast<std::uint64_t>(copied * heads) * row_bytes};
  }

  // exp and log are the device's.
  bool portable(const Fields& /*f*/) const override { return false; }
  Fields typical() const override {
    return {.tokens = 1024, .heads = 16, .width = 128, .has_lse_out = true, .dtype = DType::bf16};
  }

  bool edge_values(const Fields& f) const override {
    return !is_plain(f.lse) || f.empty != EmptySides::none || f.values == ValueClass::special ||
           f.values == ValueClass::largest;
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::merge_states
