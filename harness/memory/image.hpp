// The bytes of one guarded buffer: front red zone, storage with gaps, back red zone.
//
// The image is made on the host, copied to the backend, and compared with what comes back: every
// byte outside the writable cells must be unchanged. That one rule covers red zones, gaps between
// rows, inputs, metadata and padding rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/memory/poison.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck {

/// Bytes that a run changed though the contract protects them.
struct ForeignWrites {
  std::string text;
  std::string kind;  ///< of the first one: "gap", "back red zone", "front red zone", "input",
                     ///< "dead cell"
};

class Image {
 public:
  /// Fills everything with `poison` and dead elements with `dead`, then stores the live and
  /// optional contents of `operand`, which must outlive the image. Without red zones the image is
  /// the storage alone.
  Image(const Operand& operand, Poison poison, Poison dead, bool red_zones = true);
  Image(const Operand& operand, Poison poison) : Image(operand, poison, poison) {}

  const Operand& operand() const { return *operand_; }
  const std::vector<std::byte>& bytes() const { return bytes_; }
  std::size_t zone_bytes() const { return zone_; }

  /// The subject's view, given where the image's first byte lies in the backend's memory.
  Tensor view(std::byte* base) const;

  /// Bits of every element of `after` (an image of the same size) in logical order.
  std::vector<std::uint32_t> read(const std::vector<std::byte>& after) const;

  /// Storage positions of the elements in logical order, in bytes from the start of the image.
  std::size_t byte_of(std::size_t element) const {
    return zone_ + static_cast<std::size_t>((*positions_)[element]) * width_;
  }

  /// Nothing if only writable cells changed; else how many bytes did, and the first few ranges
  /// in which they lie, one a line.
  std::optional<ForeignWrites> foreign_writes(const std::vector<std::byte>& after) const;

 private:
  // Neighbours of one kind: bytes from the start or the end of a red zone's storage, storage
  // elements of a gap, or elements in logical order.
  struct Place {
    std::string_view kind;
    std::int64_t first;
    std::int64_t last;
  };
  // Storage position and number of each element, sorted.
  using ElementsByPosition = std::vector<std::pair<std::int64_t, std::int64_t>>;
  ElementsByPosition elements_by_position() const;
  Place place_of(std::size_t byte, const ElementsByPosition& elements) const;
  std::string text_of(const Place& place) const;
  std::vector<std::byte> with_writable_cells_restored(std::vector<std::byte> after) const;

  const Operand* operand_;
  std::size_t width_;  // bytes of an element
  std::size_t zone_ = 0;
  Layout::Positions positions_;
  std::vector<std::byte> bytes_;
};

/// Bytes of the red zones for a buffer whose largest stride is `stride` elements: at least one
/// whole row, so that a write one row too far stays inside, at most 32 KiB; a multiple of 256.
std::size_t red_zone_bytes(std::int64_t stride, DType dtype);

}  // namespace mlacheck
