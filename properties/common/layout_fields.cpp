#include "properties/common/layout_fields.hpp"

#include <algorithm>
#include <stdexcept>

#include "harness/values/enum_names.hpp"

namespace mlacheck {
namespace {

// In a padded buffer of a real model whole heads may lie between two heads of a view: 192 rows of
// 512.
constexpr std::int64_t kMostGap = std::int64_t{1} << 17;
constexpr std::int64_t kMostStep = 64;
constexpr std::int64_t kMostPad = 4096;
constexpr std::int64_t kHugeStride = std::int64_t{1} << 40;

std::array<std::uint8_t, 3> order_of(const LayoutKind& kind, const std::string& letters) {
  std::array<std::uint8_t, 3> order{0, 1, 2};
  for (std::size_t i = 0; i < letters.size(); ++i) {
    order[i] = static_cast<std::uint8_t>(kind.axes.find(letters[i]));
  }
  return order;
}

std::size_t position_of(const LayoutKind& kind, const std::array<std::uint8_t, 3>& order) {
  for (std::size_t i = 0; i < kind.orders.size(); ++i) {
    if (order_of(kind, kind.orders[i]) == order) return i;
  }
  throw std::invalid_argument("an operand [" + kind.axes + "] has an order outside its contract");
}

LayoutPart number(std::string name, std::string about, std::int64_t least, std::int64_t most,
                  std::int64_t fallback, std::int64_t LayoutFields::* member) {
  return {Field::integer(std::move(name), least, most, fallback, std::move(about)),
          [member](const LayoutFields& layout) { return layout.*member; },
          [member](LayoutFields& layout, std::int64_t value) { layout.*member = value; }};
}

// Of the first `free` axes; the given order comes first.
std::vector<std::string> permutations(const std::string& axes, std::size_t free) {
  std::vector<std::string> orders{axes};
  std::string sorted = axes;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(free);
  std::sort(sorted.begin(), end);
  do {
    if (sorted != axes) orders.push_back(sorted);
  } while (std::next_permutation(sorted.begin(), end));
  return orders;
}

void give_idle_axes_their_stride(Layout& layout, IdleStride idle_stride) {
  if (idle_stride == IdleStride::product) return;
  const bool empty = layout.elements() == 0;
  for (std::size_t axis = 0; axis < layout.shape.size(); ++axis) {
    if (layout.shape[axis] > 1 && !empty) continue;
    layout.stride[axis] = idle_stride == IdleStride::zero  ? 0
                          : idle_stride == IdleStride::one ? 1
                                                           : kHugeStride;
  }
}

}  // namespace

LayoutKind LayoutKind::fixed(const std::string& axes) { return {axes, {axes}, false}; }

LayoutKind LayoutKind::rows(const std::string& axes) {
  return {axes, permutations(axes, axes.size() - 1), false};
}

LayoutKind LayoutKind::any(const std::string& axes) {
  return {axes, permutations(axes, axes.size()), true};
}

Layout LayoutFields::layout(const std::vector<std::int64_t>& shape) const {
  const std::size_t rank = shape.size();
  const std::array<std::int64_t, 2> gaps{gap, outer_gap};
  std::vector<std::int64_t> stride(rank);
  std::int64_t next = step;
  for (std::size_t level = 0; level < rank; ++level) {
    const std::size_t axis = order[rank - 1 - level];
    stride[axis] = next;
    next = next * shape[axis] + (level < gaps.size() ? gaps[level] : 0);
  }
  Layout result = Layout::strided(shape, stride, offset);
  if (pad > 0) {
    // The rest of a larger buffer, which the canaries watch like a gap.
    result.storage = std::max(result.storage, offset + (shape[order[0]] + pad) * stride[order[0]]);
  }
  give_idle_axes_their_stride(result, idle_stride);
  return result;
}

std::vector<LayoutPart> layout_parts(const LayoutKind& kind) {
  std::vector<LayoutPart> parts;
  if (kind.orders.size() > 1) {
    parts.push_back({Field::choice("order", kind.orders, "axes, outermost first"),
                     [kind](const LayoutFields& layout) {
                       return static_cast<std::int64_t>(position_of(kind, layout.order));
                     },
                     [kind](LayoutFields& layout, std::int64_t value) {
                       layout.order = order_of(kind, kind.orders[static_cast<std::size_t>(value)]);
                     }});
  }
  if (kind.any_step)
    parts.push_back(
        number("step", "stride of the innermost axis", 1, kMostStep, 1, &LayoutFields::step));
  if (kind.axes.size() > 1) {
    parts.push_back(number("gap", "elements after a run", 0, kMostGap, 0, &LayoutFields::gap));
  }
  if (kind.axes.size() > 2) {
    parts.push_back(number("outer_gap", "elements after a block of runs", 0, kMostGap, 0,
                           &LayoutFields::outer_gap));
  }
  parts.push_back(number("offset", "elements in front", 0, kMostGap, 0, &LayoutFields::offset));
  parts.push_back(
      number("pad", "indices past the outermost axis", 0, kMostPad, 0, &LayoutFields::pad));
  parts.push_back(
      {Field::choice("idle_stride", EnumNames<IdleStride>::words(), "stride that reaches nothing"),
       [](const LayoutFields& layout) { return static_cast<std::int64_t>(layout.idle_stride); },
       [](LayoutFields& layout, std::int64_t value) {
         layout.idle_stride = static_cast<IdleStride>(value);
       }});
  return parts;
}

LayoutFields draw_layout(Random& random, const LayoutKind& kind) {
  LayoutFields layout;
  if (random.chance(30)) return layout;
  layout.order = order_of(kind, random.pick(kind.orders));
  if (kind.any_step && random.chance(20)) layout.step = random.between(2, 4);
  if (kind.axes.size() > 1) layout.gap = draw_gap(random);
  if (kind.axes.size() > 2) layout.outer_gap = draw_gap(random);
  layout.offset = draw_offset(random);
  if (random.chance(40)) layout.pad = random.between(1, 5);
  if (random.chance(50)) layout.idle_stride = random.pick(EnumNames<IdleStride>::values());
  return layout;
}

LayoutFields twin_of(const LayoutFields& layout, const LayoutKind& kind, std::int64_t salt) {
  LayoutFields twin = layout;
  for (const LayoutPart& part : layout_parts(kind)) {
    const std::int64_t value = part.get(layout);
    if (part.field.kind == Field::Kind::choice) {
      part.set(twin, (value + 1) % (part.field.maximum + 1));
      continue;
    }
    const std::int64_t simplest = part.field.fallback;
    part.set(twin, value != simplest ? simplest : simplest + 1 + salt % 5);
    ++salt;
  }
  return twin;
}

}  // namespace mlacheck
