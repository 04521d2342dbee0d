#include "properties/decode_expansion/model.hpp"

#include "properties/common/case_size.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/decode_expansion/draw.hpp"
#include "properties/decode_expansion/fields.hpp"
#include "properties/decode_expansion/parts.hpp"
#include "properties/decode_expansion/problem.hpp"

namespace mlacheck::decode_expansion {
namespace {

constexpr std::int64_t kMostRequests = 1023;
constexpr std::int64_t kMostCells = std::int64_t{1} << 22;

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table()) {}

  std::vector<std::string> tile_axes() const override { return {"R", "W", "T"}; }

  bool same_rules_for_all_variants() const override { return true; }

  bool has_consumer() const override { return true; }
  std::vector<std::string> consume(
      const Problem& problem,
      const std::vector<std::vector<std::uint32_t>>& outputs) const override {
    return faults_of(problem, outputs);
  }

 protected:
  Fields draw(Random& random, const std::vector<Tile>& tiles) const override {
    return draw_fields(random, tiles);
  }

  std::string objection(const Fields& f) const override {
    const Sizes sizes(f);
    if (sizes.requests() > kMostRequests) return "seqs: more than 1023 requests";
    for (const std::int64_t seq : f.seqs) {
      if (ceil_div(seq, f.page) > f.columns) {
        return "W: " + std::to_string(f.columns) + " pages of " + std::to_string(f.page) +
               " tokens do not hold " + std::to_string(seq) + " tokens";
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
    return cost_of_variant(problem, variant);
  }

  Fields typical() const override {
    return {
        .seqs = Integers(6, 163840), .decode_len = 4, .padding = 2, .columns = 2560, .page = 64};
  }

  Check check_of(const Fields& /*f*/) const override { return Check::metadata; }

  bool edge_values(const Fields& f) const override {
    const Sizes sizes(f);
    if (f.padding > 0 || sizes.device_lens != sizes.host_lens) return true;
    for (std::size_t r = 0; r < f.seqs.size(); ++r) {
      if (f.seqs[r] < sizes.host_lens[r] || sizes.host_lens[r] == 0) return true;
    }
    return false;
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::decode_expansion
