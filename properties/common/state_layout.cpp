#include "properties/common/state_layout.hpp"

namespace mlacheck {
namespace {

// Strides of the outer and the inner axis, where one inner step holds `width` elements.
struct Steps {
  std::int64_t outer;
  std::int64_t inner;
};

Steps steps_of(const StateLayout& layout, std::int64_t inner_extent, std::int64_t width) {
  const std::int64_t inner = width + layout.inner_gap;
  return {inner_extent * inner + layout.outer_gap, inner};
}

}  // namespace

void add_layout_fields(Schema& schema, const std::string& tensor) {
  schema.fields.push_back(Field::integer(tensor + ".swapped", 0, 1, 0));
  schema.fields.push_back(Field::integer(tensor + ".inner_gap", 0, kMaxStateGap, 0));
  schema.fields.push_back(Field::integer(tensor + ".outer_gap", 0, kMaxStateGap, 0));
  schema.fields.push_back(Field::integer(tensor + ".offset", 0, kMaxStateGap, 0));
}

StateLayout layout_of(const Case& c, const std::string& tensor) {
  return {c.flag(tensor + ".swapped"), c.integer(tensor + ".inner_gap"),
          c.integer(tensor + ".outer_gap"), c.integer(tensor + ".offset")};
}

void set_layout(Case& c, const std::string& tensor, const StateLayout& layout) {
  c.set(tensor + ".swapped", layout.swapped ? 1 : 0);
  c.set(tensor + ".inner_gap", layout.inner_gap);
  c.set(tensor + ".outer_gap", layout.outer_gap);
  c.set(tensor + ".offset", layout.offset);
}

StateLayout draw_state_layout(Random& random) {
  StateLayout layout;
  if (random.chance(30)) return layout;
  layout.swapped = random.chance(30);
  layout.inner_gap = draw_gap(random);
  layout.outer_gap = draw_gap(random);
  layout.offset = draw_offset(random);
  return layout;
}

StateLayout twin_of(const StateLayout& layout) {
  return {!layout.swapped, layout.inner_gap == 0 ? 7 : 0, layout.outer_gap == 0 ? 3 : 0,
          layout.offset == 0 ? 1 : 0};
}

Layout value_layout(const StateLayout& layout, std::int64_t tokens, std::int64_t heads,
                    std::int64_t width) {
  const Steps steps = steps_of(layout, layout.swapped ? tokens : heads, width);
  const std::int64_t token_stride = layout.swapped ? steps.inner : steps.outer;
  const std::int64_t head_stride = layout.swapped ? steps.outer : steps.inner;
  return Layout::strided({tokens, heads, width}, {token_stride, head_stride, 1}, layout.offset);
}

Layout lse_layout(const StateLayout& layout, std::int64_t tokens, std::int64_t heads) {
  const Steps steps = steps_of(layout, layout.swapped ? heads : tokens, 1);
  const std::int64_t head_stride = layout.swapped ? steps.inner : steps.outer;
  const std::int64_t token_stride = layout.swapped ? steps.outer : steps.inner;
  return Layout::strided({heads, tokens}, {head_stride, token_stride}, layout.offset);
}

}  // namespace mlacheck
