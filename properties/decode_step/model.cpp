#include "properties/decode_step/model.hpp"

#include <algorithm>
#include <numeric>

#include "properties/common/case_size.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/decode_step/fields.hpp"

namespace mlacheck::decode_step {
namespace {

constexpr std::int64_t kMostColumns = 1024;

// Sizes in bytes of what a call allocates.
struct Sizes {
  std::uint64_t query;
  std::uint64_t absorbed;    // the dense product of `plain`
  std::uint64_t expanded;    // lengths and table of the rows, and their numbers
  std::uint64_t assignment;  // of the generic expansion
  std::uint64_t latent_out;
  std::uint64_t lse;
  std::uint64_t partials;
  std::uint64_t values;  // the dense product of `plain`
};

Sizes sizes_of(const Operands<const Problem>& o, const Parameters& p) {
  const auto bytes = [&](std::int64_t count) {
    return static_cast<std::uint64_t>(o.tokens() * o.heads() * count) * size_of(o.out().dtype);
  };
  const auto words = [](std::int64_t count) { return static_cast<std::uint64_t>(count) * 4; };
  const std::int64_t rows = o.tokens() * o.heads();
  return {.query = bytes(o.depth()),
          .absorbed = bytes(o.latent()),
          .expanded = words(o.tokens() * (3 + std::max<std::int64_t>(o.columns(), 1)) + 1),
          .assignment = words(o.tokens() + o.requests() + 1),
          .latent_out = bytes(o.latent()),
          .lse = words(rows),
          .partials = p.splits > 1 ? words(rows * p.splits * (o.latent() + 1)) : 0,
          .values = bytes(o.width())};
}

// No size of this op is one of independent rows whose number is free: scratch grows with tokens and heads
// alike, and all of it is real. The ops that it is made of have their rows among many.
class Model final : public TypedModel<Fields> {
 public:
  Model() : TypedModel(field_table(), &draw_fields) {}

  std::vector<std::string> tile_axes() const override { return {"keys", "H", "latent"}; }
  bool same_rules_for_all_variants() const override { return true; }

 protected:
  std::string objection(const Fields& f) const override {
    if (f.columns() > kMostColumns) return "latent + rope is above 1024";
    const Integers device = f.device_lens();
    if (std::accumulate(device.begin(), device.end(), std::int64_t{0}) > f.tokens()) {
      return "the device has more tokens than the step has rows";
    }
    if (work_of(f) > 5e7) return "too much work for one case";
    return too_much_storage(large_layouts(f));
  }

  Problem problem(const Fields& f, std::string_view /*variant*/) const override {
    return problem_of(f);
  }

  // The places of the pages are layout, too.
  void change_more(Fields& f) const override { f.placement = f.placement == 0 ? 7 : 0; }

  std::vector<Relation> related(const Fields& /*f*/, const Problem& problem,
                                Random& random) const override {
    return relations_of(problem, random);
  }

  std::optional<Cost> cost_of(const Problem& problem, std::string_view variant) const override {
    if (variant != "plain" && variant != "optimised") return std::nullopt;
    const Operands o{problem};
    if (o.out().layout.elements() == 0) return Cost{};
    const Parameters p = Parameters::of(problem);
    const Sizes s = sizes_of(o, p);
    const bool is_plain = variant == "plain";
    const bool uniform = !is_plain && p.lens_exact && p.min_decode_len == p.max_decode_len;
    const bool split = p.splits > 1;
    // Rope columns take the element size of the query, of which they are a part.
    const std::uint64_t rope = s.query - s.absorbed;

    Cost cost{.launches = 4, .allocations = 7, .bytes_copied = rope};
    cost.bytes_allocated = s.query + s.expanded + s.latent_out + s.lse + s.partials;
    if (o.rope() > 0) ++cost.launches;
    cost.launches += uniform ? 1 : o.columns() > 0 ? 3 : 2;
    if (!uniform) {
      cost.allocations += 2;
      cost.bytes_allocated += s.assignment;
    }
    if (split) {
      ++cost.launches;
      cost.allocations += 2;
    }
    // One scratch after another is held: the largest moment counts.
    const std::uint64_t dense = is_plain ? 1 : 0;
    const std::uint64_t absorbing = s.query + dense * s.absorbed;
    const std::uint64_t expanding = s.query + s.expanded + (uniform ? 0 : s.assignment);
    const std::uint64_t attending = s.query + s.expanded + s.latent_out + s.lse + s.partials;
    const std::uint64_t storing = s.latent_out + dense * s.values;
    cost.peak_bytes = std::max({absorbing, expanding, attending, storing});
    if (is_plain) {
      cost.launches += 3;
      cost.allocations += 2;
      cost.bytes_allocated += s.absorbed + s.values;
      cost.bytes_copied += s.absorbed + s.values;
      cost.bytes_filled = s.latent_out;
    }
    return cost;
  }

  // exp and log are the device's.
  bool portable(const Fields& /*f*/) const override { return false; }
  // DeepSeek-V2-Lite: four requests of two tokens.
  Fields typical() const override {
    return {.dtype = DType::bf16,
            .requests = {{2, 32}, {2, 32}, {2, 32}, {2, 32}},
            .heads = 16,
            .latent = 512,
            .nope = 128,
            .rope = 64,
            .width = 128,
            .page = 64};
  }

  // With q = 0 the answer is the mean of V, with V = 1 it is 1, whatever the kernel does.
  Check check_of(const Fields& f) const override {
    const bool known = f.values == Values::zero_query || f.values == Values::ones;
    return known ? Check::probe : TypedModel::check_of(f);
  }

  bool edge_values(const Fields& f) const override {
    if (f.values == Values::large || f.values == Values::selector || f.scale == 0) return true;
    // Some row sees no key.
    return f.padding > 0 ||
           std::any_of(f.requests.begin(), f.requests.end(), [](const Request& request) {
             return request.tokens > 0 && request.length < request.tokens;
           });
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::decode_step
