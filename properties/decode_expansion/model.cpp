#include "properties/decode_expansion/model.hpp"

#include <algorithm>

#include "properties/common/case_size.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/decode_expansion/fields.hpp"
#include "reference/decode_expansion/consumer.hpp"

namespace mlacheck::decode_expansion {
namespace {

constexpr std::int64_t kMostRequests = 1023;
constexpr std::int64_t kMostCells = std::int64_t{1} << 22;

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"R", "W", "T"}; }

  bool same_rules_for_all_variants() const override { return true; }

  bool has_consumer() const override { return true; }
  std::vector<std::string> consume(
      const Problem& problem,
      const std::vector<std::vector<std::uint32_t>>& outputs) const override {
    const Operands o{problem};
    const Operand& table = o.expanded_block_table();
    const Parameters p = Parameters::of(problem);
    View view;
    view.rows = p.tokens;
    view.columns = o.block_table().layout.shape[1];
    view.row_pitch = table.layout.shape[1];
    view.page_size = p.page_size;
    view.pool_pages = p.pool_pages;
    // A prefetch of the first page is harmless only where every row has one.
    view.prefetches_first_page = view.columns > 0;
    for (std::int64_t row = 0; row < view.rows; ++row) {
      const auto first = static_cast<std::size_t>(row * view.row_pitch);
      if (view.columns > 0 && table.cell(first) != Cell::live) view.prefetches_first_page = false;
    }
    view.seq_lens = outputs[problem.index_of(o.expanded_seq_lens().name)];
    view.block_table = outputs[problem.index_of(table.name)];
    return consumer_faults(view);
  }

 protected:
  std::string objection(const Fields& f) const override {
    const Sizes sizes(f);
    if (sizes.requests() > kMostRequests) return "requests: more than 1023";
    for (const Request& request : f.requests) {
      if (request.tokens > kMostTokens) {
        return "requests: " + std::to_string(request.tokens) + " tokens in one step, at most " +
               std::to_string(kMostTokens) + " are admissible";
      }
      if (ceil_div(request.length, f.page) > f.columns) {
        return "W: " + std::to_string(f.columns) + " pages of " + std::to_string(f.page) +
               " tokens do not hold " + std::to_string(request.length) + " tokens";
      }
    }
    if (sizes.capacity * sizes.wide_columns > kMostCells) return "more than 2^22 expanded cells";
    return too_much_storage({sizes.block_table(f), sizes.expanded_block_table(f)});
  }

  Problem problem(const Fields& f, std::string_view /*variant*/) const override {
    return problem_of(f);
  }

  std::vector<Relation> related(const Fields& /*f*/, const Problem& problem,
                                Random& random) const override {
    return relations_of(problem, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    if (variant != "generic" && variant != "uniform") return std::nullopt;
    const auto tokens = static_cast<std::uint64_t>(Parameters::of(problem).tokens);
    if (tokens == 0) return Cost{};
    if (variant == "uniform") return Cost{.launches = 1};
    const std::vector<std::int64_t>& table = Operands{problem}.block_table().layout.shape;
    // The request of each row, and each request's first row with the end of the last one.
    const std::uint64_t bytes =
        sizeof(std::int32_t) * (tokens + static_cast<std::uint64_t>(table[0]) + 1);
    // Lengths first; a table without columns needs no rows gathered.
    const std::uint64_t launches = table[1] == 0 ? 2 : 3;
    return Cost{
        .launches = launches, .allocations = 2, .bytes_allocated = bytes, .peak_bytes = bytes};
  }

  Fields typical() const override {
    return {.requests = std::vector<Request>(6, {.tokens = 4, .length = 163840}),
            .padding = 2,
            .columns = 2560,
            .page = 64};
  }

  Check check_of(const Fields& /*f*/) const override { return Check::metadata; }

  bool edge_values(const Fields& f) const override {
    const Sizes sizes(f);
    if (f.padding > 0 || sizes.device_lens != sizes.host_lens) return true;
    return std::ranges::any_of(f.requests, [](const Request& request) {
      return request.length < request.tokens || request.tokens == 0;
    });
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::decode_expansion
