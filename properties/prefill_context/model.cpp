#include "properties/prefill_context/model.hpp"

#include <algorithm>

#include "properties/common/case_size.hpp"
#include "properties/common/typed_model.hpp"
#include "properties/prefill_context/fields.hpp"
#include "reference/prefill_context/schedule.hpp"

namespace mlacheck::prefill_context {
namespace {

constexpr std::int64_t kMostColumns = 1024;
// Each takes five launches or more.
constexpr std::int64_t kMostChunks = 64;

struct Sizes {
  std::uint64_t states;     // one pair of padded values and LSEs
  std::uint64_t merged;     // one pair as a merge stores it
  std::uint64_t new_rows;   // keys and values of the new tokens
  std::uint64_t workspace;  // of the chunks
};

Sizes sizes_of(const Operands<const Problem>& o, const Parameters& p) {
  const auto bytes = [&](std::int64_t elements) {
    return static_cast<std::uint64_t>(elements) * size_of(o.out().dtype);
  };
  const std::int64_t rows = o.tokens() * o.heads();
  const std::int64_t made = o.heads() * (o.expanded() + o.depth());  // keys and values of a latent
  const std::uint64_t lse = static_cast<std::uint64_t>(rows) * sizeof(float);
  Sizes sizes{.states = bytes(rows * std::max(o.width(), o.depth())) + lse,
              .merged = bytes(rows * o.width()) + lse,
              .new_rows = bytes(o.tokens() * made),
              .workspace = 0};
  if (p.max_context == 0) return sizes;
  const std::int64_t of_rank = std::min(rank_rows(p), held_by(p, p.max_context, 0));
  const std::int64_t latents = o.requests() * p.ranks * of_rank;
  sizes.workspace =
      static_cast<std::uint64_t>(chunk_count(p) * (o.requests() + 1)) * sizeof(std::int32_t) +
      bytes(latents * (o.columns() * (p.ranks > 1 ? 2 : 1) + made));
  return sizes;
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
    if (f.depth() < 1) return "a key has no columns";
    if (f.depth() > kMostColumns) return "nope + rope is above 1024";
    if (chunk_count(f.parameters()) > kMostChunks) {
      return "more than 64 chunks, too many for one case";
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
    if (variant != "fresh" && variant != "swapped") return std::nullopt;
    const Operands o{problem};
    if (o.out().layout.elements() == 0) return Cost{};
    const Parameters p = Parameters::of(problem);
    const Sizes sizes = sizes_of(o, p);
    const auto element = static_cast<std::uint64_t>(size_of(o.out().dtype));
    // The keys of the new tokens are copied together.
    const std::uint64_t keys =
        static_cast<std::uint64_t>(o.tokens() * o.heads() * o.depth()) * element;
    if (p.max_context == 0) {
      return Cost{.launches = 3,
                  .allocations = 2,
                  .bytes_allocated = sizes.new_rows,
                  .peak_bytes = sizes.new_rows,
                  .bytes_copied = keys};
    }
    const auto chunks = static_cast<std::uint64_t>(chunk_count(p));
    const auto ranks = static_cast<std::uint64_t>(p.ranks);
    const std::uint64_t merges = chunks - 1;  // before the last one, which has the caller's buffer
    const std::uint64_t merged = variant == "fresh" ? merges : std::min<std::uint64_t>(merges, 1);
    const std::uint64_t gathers = ranks == 1 ? 1 : ranks + 1;
    // While two chunks are merged, both and the result are held.
    const std::uint64_t held = merges == 0 ? sizes.states : 2 * sizes.states + sizes.merged;
    return Cost{.launches = 3 + 1 + chunks * (gathers + 3) + merges + 1,
                .allocations = 4 + (ranks == 1 ? 4U : 5U) + 2 * chunks + 2 * merged,
                .bytes_allocated = sizes.new_rows + sizes.workspace + (1 + chunks) * sizes.states +
                                   merged * sizes.merged,
                .peak_bytes = sizes.states + std::max(sizes.new_rows, sizes.workspace + held),
                .bytes_copied = keys + static_cast<std::uint64_t>((o.tokens() - p.context_tokens) *
                                                                  o.heads() * o.width()) *
                                           element};
  }

  // exp and log are the device's.
  bool portable(const Fields& /*f*/) const override { return false; }
  // DeepSeek-V2-Lite, a few tokens: two requests of which one has three chunks of context.
  Fields typical() const override {
    return {.dtype = DType::bf16,
            .requests = {{4, 12}, {2, 0}},
            .heads = 16,
            .latent = 512,
            .nope = 128,
            .rope = 64,
            .width = 128,
            .page = 64,
            .chunk = 4};
  }

  // With q = 0 the answer is the mean of V, with V = 1 it is 1, whatever the kernel does.
  Check check_of(const Fields& f) const override {
    const bool known = f.values == Values::zero_query || f.values == Values::ones;
    return known ? Check::probe : TypedModel::check_of(f);
  }

  bool edge_values(const Fields& f) const override {
    if (f.values == Values::large || f.scale == 0) return true;
    // Some chunk has nothing of some request.
    const std::int64_t most = f.parameters().max_context;
    return std::any_of(f.requests.begin(), f.requests.end(), [&](const Request& request) {
      return request.tokens > 0 && request.context < most;
    });
  }
};

}  // namespace

const OpModel& model() {
  static const Model kModel;
  return kModel;
}

}  // namespace mlacheck::prefill_context
