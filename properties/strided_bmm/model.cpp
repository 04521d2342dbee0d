#include "properties/strided_bmm/model.hpp"

#include "properties/common/case_size.hpp"
#include "properties/common/copy_cost.hpp"
#include "properties/common/operands.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/strided_bmm/fields.hpp"

namespace mlacheck::strided_bmm {
namespace {

// Every row of `axis` as the first one.
void share_rows(std::vector<std::uint32_t>& bits, const std::vector<std::int64_t>& shape,
                std::size_t axis) {
  std::size_t inner = 1;
  for (std::size_t k = axis + 1; k < shape.size(); ++k) inner *= static_cast<std::size_t>(shape[k]);
  const std::size_t block = inner * static_cast<std::size_t>(shape[axis]);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = bits[i / block * block + i % inner];
}

// Sharing is layout where it is a stride of 0, and the same values in their own places otherwise.
Sharing twin_of(Sharing sharing) {
  if (sharing == Sharing::own) return Sharing::own;
  return sharing == Sharing::equal ? Sharing::broadcast : Sharing::equal;
}

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"T", "H", "latent", "V"}; }

  bool same_rules_for_all_variants() const override { return true; }

  std::vector<RowSize> row_sizes(const Problem& problem) const override {
    return row_sizes_of(problem);
  }

 protected:
  std::string objection(const Fields& f) const override {
    const bool shared = f.x_rows != Sharing::own || f.w_rows != Sharing::own;
    if (shared && !may_share(f.values)) {
      return "rows share their values, which class " +
             std::string(EnumNames<Values>::of(f.values)) + " does not allow";
    }
    std::string reason = too_many_products({f.tokens, f.heads, f.latent, f.columns});
    if (!reason.empty()) return reason;
    return too_much_storage({f.x_layout(), f.w_layout(), f.out_layout()});
  }

  Problem problem(const Fields& f, std::string_view /*variant*/) const override {
    const auto seed = static_cast<std::uint64_t>(f.seed);
    Operand x =
        input_operand("x", f.dtype, f.x_layout(), bits_of_x(f.values, f.dtype, seed, f.sizes()));
    if (f.x_rows != Sharing::own) share_rows(x.bits, x.layout.shape, 0);
    Operand w =
        input_operand("w", f.dtype, f.w_layout(), bits_of_w(f.values, f.dtype, seed, f.sizes()));
    if (f.w_rows != Sharing::own) share_rows(w.bits, w.layout.shape, 1);
    Problem problem;
    problem.operands = {std::move(x), std::move(w), output_operand("out", f.dtype, f.out_layout())};
    return problem;
  }

  void change_more(Fields& f) const override {
    f.x_rows = twin_of(f.x_rows);
    f.w_rows = twin_of(f.w_rows);
  }

  std::vector<Relation> related(const Fields& /*f*/, const Problem& problem,
                                Random& random) const override {
    return relations_of(problem, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    return copy_cost(problem.operand("out"), variant);
  }

  // The product of two 16-bit numbers is exact in 32 bits, contracted with the sum or not.
  bool portable(const Fields& f) const override { return f.dtype != DType::f32; }
  Fields typical() const override {
    return {.tokens = 64, .heads = 16, .latent = 512, .columns = 128, .dtype = DType::bf16};
  }

  bool edge_values(const Fields& f) const override {
    return f.values == Values::special || f.values == Values::alone ||
           f.values == Values::overflow || f.values == Values::tiny || f.values == Values::zeros ||
           f.latent == 0;
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::strided_bmm
