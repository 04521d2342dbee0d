#include "harness/memory/image.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace mlacheck {
namespace {

// Places of foreign writes that a text names.
constexpr std::size_t kShownPlaces = 3;

// Calls `use` with the number of bytes as a constant, with which a copy is one instruction: each
// run of a case copies every element several times.
template <class Use>
void with_width(std::size_t width, const Use& use) {
  switch (width) {
    case 1:
      return use(std::integral_constant<std::size_t, 1>{});
    case 2:
      return use(std::integral_constant<std::size_t, 2>{});
    case 4:
      return use(std::integral_constant<std::size_t, 4>{});
    default:
      throw std::logic_error("an element of " + std::to_string(width) + " bytes");
  }
}

}  // namespace

std::size_t red_zone_bytes(std::int64_t stride, DType dtype) {
  constexpr std::size_t kLeast = 512;
  constexpr std::size_t kMost = 32768;
  const std::size_t row =
      static_cast<std::size_t>(std::max<std::int64_t>(stride, 1)) * size_of(dtype);
  return (std::min(kMost, kLeast + row) + 255) / 256 * 256;
}

Image::Image(const Operand& operand, Poison poison, Poison dead, bool red_zones)
    : operand_(&operand), width_(size_of(operand.dtype)), positions_(operand.layout.positions()) {
  const Layout& layout = operand.layout;
  std::int64_t row = 1;
  for (std::size_t axis = 0; axis < layout.shape.size(); ++axis) {
    if (layout.shape[axis] > 1) row = std::max(row, layout.stride[axis]);
  }
  zone_ = red_zones ? red_zone_bytes(row, operand.dtype) : 0;
  const std::size_t storage = static_cast<std::size_t>(layout.storage) * width_;
  bytes_.assign(zone_ + storage + zone_, poison_byte(poison));
  if (operand.access == Access::output) return;
  const std::uint32_t dead_bits = poison_bits(operand.dtype, dead);
  with_width(width_, [&](auto width) {
    for (std::size_t i = 0; i < positions_->size(); ++i) {
      const std::uint32_t bits = operand.cell(i) == Cell::dead ? dead_bits : operand.bits[i];
      std::memcpy(bytes_.data() + byte_of(i), &bits, width);
    }
  });
}

Tensor Image::view(std::byte* base) const { return tensor_of(*operand_, base + zone_); }

std::vector<std::uint32_t> Image::read(const std::vector<std::byte>& after) const {
  std::vector<std::uint32_t> bits(positions_->size());
  with_width(width_, [&](auto width) {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      std::memcpy(&bits[i], after.data() + byte_of(i), width);
    }
  });
  return bits;
}

// A run may change what it likes there: with that put back, all bytes must be what they were.
std::vector<std::byte> Image::with_writable_cells_restored(std::vector<std::byte> after) const {
  if (operand_->access == Access::input) return after;
  with_width(width_, [&](auto width) {
    for (std::size_t i = 0; i < positions_->size(); ++i) {
      if (operand_->cell(i) == Cell::dead) continue;
      std::memcpy(after.data() + byte_of(i), bytes_.data() + byte_of(i), width);
    }
  });
  return after;
}

std::optional<ForeignWrites> Image::foreign_writes(const std::vector<std::byte>& after) const {
  const std::vector<std::byte> restored = with_writable_cells_restored(after);
  if (std::memcmp(restored.data(), bytes_.data(), bytes_.size()) == 0) return std::nullopt;
  const ElementsByPosition elements = elements_by_position();
  std::size_t count = 0;
  std::vector<Place> places;  // one more than are shown says that there are more
  for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
    if (restored[byte] == bytes_[byte]) continue;
    ++count;
    if (places.size() > kShownPlaces) continue;
    const Place place = place_of(byte, elements);
    if (!places.empty() && places.back().kind == place.kind &&
        place.first <= places.back().last + 1) {
      places.back().last = place.last;
    } else if (places.size() <= kShownPlaces) {
      places.push_back(place);
    }
  }
  ForeignWrites result;
  result.kind = places.front().kind;
  result.text = operand_->name + ": " + std::to_string(count) + (count == 1 ? " byte" : " bytes") +
                " changed that the contract protects";
  for (std::size_t i = 0; i < places.size() && i < kShownPlaces; ++i) {
    result.text += "\n  " + text_of(places[i]);
  }
  if (places.size() > kShownPlaces) result.text += "\n  ...";
  return result;
}

Image::ElementsByPosition Image::elements_by_position() const {
  ElementsByPosition elements;
  for (std::size_t i = 0; i < positions_->size(); ++i) {
    elements.emplace_back((*positions_)[i], static_cast<std::int64_t>(i));
  }
  std::sort(elements.begin(), elements.end());
  return elements;
}

Image::Place Image::place_of(std::size_t byte, const ElementsByPosition& elements) const {
  const auto at = [](std::size_t from, std::size_t to) {
    return static_cast<std::int64_t>(from) - static_cast<std::int64_t>(to);
  };
  if (byte < zone_) return {"front red zone", at(byte, zone_), at(byte, zone_)};
  const std::size_t end = bytes_.size() - zone_;
  if (byte >= end) return {"back red zone", at(byte, end), at(byte, end)};
  const auto position = at((byte - zone_) / width_, 0);
  const auto found =
      std::lower_bound(elements.begin(), elements.end(), std::pair(position, std::int64_t{0}));
  if (found == elements.end() || found->first != position) return {"gap", position, position};
  const std::int64_t element = found->second;
  return {operand_->access == Access::input ? "input" : "dead cell", element, element};
}

std::string Image::text_of(const Place& place) const {
  const std::int64_t count = place.last - place.first + 1;
  const auto range = [&](std::int64_t first, std::int64_t last) {
    return std::to_string(first) + (first == last ? "" : " to " + std::to_string(last));
  };
  const std::string kind(place.kind);
  const std::string plural = count == 1 ? " " : "s ";
  if (kind == "front red zone")
    return kind + ", byte" + plural + range(-place.last, -place.first) + " before the start";
  if (kind == "back red zone") {
    return kind + ", byte" + plural + range(place.first, place.last) + " past the end";
  }
  if (kind == "gap") return kind + ", storage element" + plural + range(place.first, place.last);
  const std::vector<std::int64_t>& shape = operand_->layout.shape;
  std::string text = (kind == "input" ? "input element " : kind + " ") +
                     index_text(shape, static_cast<std::size_t>(place.first));
  if (count > 1) text += " to " + index_text(shape, static_cast<std::size_t>(place.last));
  return text;
}

}  // namespace mlacheck
