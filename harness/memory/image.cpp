#include "harness/memory/image.hpp"

#include <algorithm>
#include <cstring>

namespace mlacheck {

std::size_t red_zone_bytes(std::int64_t stride, DType dtype) {
  constexpr std::size_t kLeast = 512;
  constexpr std::size_t kMost = 32768;
  const std::size_t row =
      static_cast<std::size_t>(std::max<std::int64_t>(stride, 1)) * size_of(dtype);
  return (std::min(kMost, kLeast + row) + 255) / 256 * 256;
}

Image::Image(const Operand& operand, Poison poison, Poison dead, bool red_zones)
    : operand_(&operand), positions_(operand.layout.positions()) {
  const Layout& layout = operand.layout;
  std::int64_t row = 1;
  for (std::size_t axis = 0; axis < layout.shape.size(); ++axis) {
    if (layout.shape[axis] > 1) row = std::max(row, layout.stride[axis]);
  }
  zone_ = red_zones ? red_zone_bytes(row, operand.dtype) : 0;
  const std::size_t storage = static_cast<std::size_t>(layout.storage) * size_of(operand.dtype);
  bytes_.assign(zone_ + storage + zone_, poison_byte(poison));
  if (operand.access == Access::output) return;
  for (std::size_t i = 0; i < positions_->size(); ++i) {
    if (operand.cell(i) == Cell::dead) {
      std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(byte_of(i)), size_of(operand.dtype),
                  poison_byte(dead));
    } else {
      store_bits(operand.dtype, bytes_.data() + byte_of(i), operand.bits[i]);
    }
  }
}

Tensor Image::view(std::byte* base) const { return tensor_of(*operand_, base + zone_); }

std::size_t Image::byte_of(std::size_t element) const {
  return zone_ + static_cast<std::size_t>((*positions_)[element]) * size_of(operand_->dtype);
}

std::vector<std::uint32_t> Image::read(const std::vector<std::byte>& after) const {
  std::vector<std::uint32_t> bits(positions_->size());
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = load_bits(operand_->dtype, after.data() + byte_of(i));
  }
  return bits;
}

std::string Image::foreign_writes(const std::vector<std::byte>& after) const {
  const bool writable = operand_->access != Access::input;
  if (!writable && std::memcmp(after.data(), bytes_.data(), bytes_.size()) == 0) return {};
  std::vector<bool> allowed(writable ? bytes_.size() : 0, false);
  if (writable) {
    const auto width = static_cast<std::ptrdiff_t>(size_of(operand_->dtype));
    for (std::size_t i = 0; i < positions_->size(); ++i) {
      if (operand_->cell(i) == Cell::dead) continue;
      const auto first = allowed.begin() + static_cast<std::ptrdiff_t>(byte_of(i));
      std::fill(first, first + width, true);
    }
  }
  constexpr std::size_t kShown = 4;
  std::size_t count = 0;
  std::size_t shown = 0;
  std::string places;
  std::string last_place;
  for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
    if (after[byte] == bytes_[byte] || (writable && allowed[byte])) continue;
    ++count;
    if (shown == kShown) continue;
    const std::string place = place_of(byte);
    if (place == last_place) continue;
    places += (shown == 0 ? "" : ", ") + place;
    last_place = place;
    ++shown;
  }
  if (count == 0) return {};
  return operand_->name + ": " + std::to_string(count) +
         " bytes changed that the contract protects: " + places + (shown == kShown ? ", ..." : "");
}

std::string Image::place_of(std::size_t byte) const {
  if (byte < zone_) return "front red zone, " + std::to_string(zone_ - byte) + " bytes before";
  const std::size_t end = bytes_.size() - zone_;
  if (byte >= end) return "back red zone, " + std::to_string(byte - end) + " bytes past the end";
  const std::size_t width = size_of(operand_->dtype);
  const auto position = static_cast<std::int64_t>((byte - zone_) / width);
  const auto found = std::find(positions_->begin(), positions_->end(), position);
  if (found == positions_->end()) return "gap at storage element " + std::to_string(position);
  const auto element = static_cast<std::size_t>(found - positions_->begin());
  const char* kind = operand_->access == Access::input ? "input element " : "protected element ";
  return kind + index_text(operand_->layout.shape, element);
}

}  // namespace mlacheck
