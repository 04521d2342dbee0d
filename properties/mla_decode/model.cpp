#include "properties/mla_decode/model.hpp"

#include <algorithm>

#include "properties/common/case_size.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/mla_decode/fields.hpp"

namespace mlacheck::mla_decode {
namespace {

class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"keys", "H", "latent"}; }

  std::vector<RowSize> row_sizes(const Problem& problem) const override {
    return row_sizes_of(problem);
  }
  void move_rows(Problem& problem, const RowSize& size, const RowPlaces& places) const override {
    move_rows_of(problem, size, places);
  }

 protected:
  std::string objection(const Fields& f) const override {
    if (f.depth() > 1024) return "latent + rope is above 1024";
    std::string reason = unfit_scale(f);
    if (!reason.empty()) return reason;
    double work = 0;
    for (const Request& request : f.requests) {
      work += static_cast<double>(request.tokens) * static_cast<double>(request.length + 16);
    }
    work *= static_cast<double>(f.heads) * static_cast<double>(f.depth());
    if (work > 2e8) return "too much work for one case";
    return too_much_storage(large_layouts(f));
  }

  Problem problem(const Fields& f, std::string_view variant) const override {
    return problem_of(f, variant);
  }

  // The page map and the places of the pages are layout, too.
  void change_more(Fields& f) const override {
    f.page_map = f.page_map == PageMap::csr ? PageMap::block_table : PageMap::csr;
    f.placement = f.placement == 0 ? 7 : 0;
  }

  std::vector<Relation> related(const Fields& /*f*/, const Problem& problem,
                                Random& random) const override {
    return relations_of(problem, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    if (variant != "zero_filled" && variant != "empty" && variant != "async") return std::nullopt;
    const Operand& out = Operands{problem}.out();
    const auto rows = static_cast<std::uint64_t>(out.layout.shape[0] * out.layout.shape[1]);
    if (rows == 0) return Cost{};
    const auto latent = static_cast<std::uint64_t>(out.layout.shape[2]);
    const auto splits = static_cast<std::uint64_t>(Parameters::of(problem).splits);
    Cost cost{.launches = 1};
    if (splits > 1) {
      // Partial values and their LSEs, in fp32; the second launch combines them.
      const std::uint64_t bytes = rows * splits * (latent + 1) * sizeof(float);
      cost = {.launches = 2, .allocations = 2, .bytes_allocated = bytes, .peak_bytes = bytes};
    }
    if (variant == "zero_filled") {
      ++cost.launches;
      cost.bytes_filled = rows * latent * size_of(out.dtype);
    }
    return cost;
  }

  // exp and log are the device's.
  bool portable(const Fields& /*f*/) const override { return false; }
  Fields typical() const override {
    return {.dtype = DType::bf16,
            .requests = {{1, 128}, {1, 128}, {1, 128}, {1, 128}},
            .heads = 16,
            .latent = 512,
            .rope = 64,
            .page = 64,
            .splits = 4};
  }

  // With q = 0 the answer is the mean of V and ln n, with V = 1 it is 1, whatever the kernel does.
  Check check_of(const Fields& f) const override {
    const bool known = f.values == Values::zero_query || f.values == Values::ones;
    return known ? Check::probe : TypedModel::check_of(f);
  }

  bool edge_values(const Fields& f) const override {
    switch (f.values) {
      case Values::large:
      case Values::selector:
      case Values::level:
      case Values::shifted:
      case Values::largest:
        return true;
      default:
        break;
    }
    if (f.scale <= 0 && f.scale != kInverseRoot) return true;
    return std::any_of(f.requests.begin(), f.requests.end(), [](const Request& request) {
      return request.tokens > 0 && request.length < request.tokens;  // some row sees no key
    });
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::mla_decode
