#include "properties/output_step/model.hpp"

#include "harness/values/quotient.hpp"
#include "properties/common/case_size.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/output_step/fields.hpp"

namespace mlacheck::output_step {
namespace {

constexpr double kMostProducts = 5e7;

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"T", "H", "V", "hidden"}; }

  bool same_rules_for_all_variants() const override { return true; }

  std::vector<RowSize> row_sizes(const Problem& problem) const override {
    return row_sizes_of(problem);
  }

 protected:
  std::string objection(const Fields& f) const override {
    const Parameters p = f.parameters();
    if (!p.mxfp4_product() && f.dtype != DType::bf16) return "FP8 quantizes bf16 only";
    if (f.format == Fp8Format::e4m3fnuz && f.maximum == 448) {
      return "448 is no number of E4M3FNUZ";
    }
    if (p.mxfp4() && f.width % kMxBlock != 0) {
      return "V: " + std::to_string(f.width) +
             " is no multiple of 32, and blocks straddle no heads";
    }
    if (work_of(f) > kMostProducts) return "too much work for one case";
    std::vector<Layout> layouts;
    for (auto& [name, layout] : f.layouts()) layouts.push_back(layout);
    return too_much_storage(layouts);
  }

  Problem problem(const Fields& f, std::string_view /*variant*/) const override {
    return problem_of(f);
  }

  std::vector<Relation> related(const Fields& f, const Problem& problem,
                                Random& random) const override {
    return relations_of(f, problem, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    if (variant != "plain" && variant != "optimised") return std::nullopt;
    const Operands o{problem};
    const bool quantizes = Parameters::of(problem).quantizes();
    Cost cost;
    if (o.out().layout.elements() > 0) ++cost.launches;
    const auto values = static_cast<std::uint64_t>(o.values().layout.elements());
    if (values == 0) return cost;
    const std::uint64_t steps = quantizes ? 2 : 1;
    cost.launches += steps;
    if (variant == "optimised") return cost;
    // A dense product and, where that is quantized, a flat copy, one after the other.
    const std::uint64_t bytes = values * size_of(o.values().dtype);
    cost.launches += steps;
    cost.allocations = steps;
    cost.bytes_allocated = steps * bytes;
    cost.peak_bytes = bytes;
    cost.bytes_copied = steps * bytes;
    return cost;
  }

  // DeepSeek-V2-Lite: 8 tokens.
  Fields typical() const override {
    return {.projection = Projection::mxfp4,
            .tokens = 8,
            .heads = 16,
            .width = 128,
            .blocks = 16,
            .columns = 2048};
  }

  bool portable(const Fields& f) const override {
    // NaN is what a device makes it. Of several groups of FP8 codes each product with a scale is
    // rounded before it is added to the sum, or contracted with it.
    constexpr std::int64_t kGroupOfTheProduct = 128;
    const bool one_group_multiplied =
        f.product != Product::fp8 || f.sizes().latent <= kGroupOfTheProduct;
    const bool one_group_projected =
        !f.parameters().fp8() || f.heads * rounded_up_quotient(f.width, f.group) <= 1;
    return f.values != Values::special && one_group_multiplied && one_group_projected;
  }

  Check check_of(const Fields& f) const override {
    return f.values == Values::one_hot ? Check::probe : TypedModel::check_of(f);
  }

  bool edge_values(const Fields& f) const override {
    return f.values == Values::special || f.values == Values::zero_rows || f.blocks == 0 ||
           f.heads * f.width == 0;
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::output_step
