#include "harness/amd/code_object/msgpack.hpp"

#include <bit>

#include "harness/amd/code_object/bytes.hpp"

namespace mlacheck::amd {
namespace {

constexpr int kDeepest = 64;

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  MsgpackValue value(int depth) {
    if (depth > kDeepest) throw CodeObjectError("MessagePack: nested deeper than 64");
    const auto type = static_cast<unsigned>(number(1));
    if (type < 0x80) return {std::uint64_t{type}};
    if (type < 0x90) return map(type & 0xf, depth);
    if (type < 0xa0) return array(type & 0xf, depth);
    if (type < 0xc0) return {string(type & 0x1f)};
    if (type >= 0xe0) return {static_cast<std::int64_t>(static_cast<std::int8_t>(type))};
    switch (type) {
      case 0xc0:
        return {};
      case 0xc2:
        return {false};
      case 0xc3:
        return {true};
      case 0xca:
        return {double{std::bit_cast<float>(static_cast<std::uint32_t>(number(4)))}};
      case 0xcb:
        return {std::bit_cast<double>(number(8))};
      case 0xcc:
        return {number(1)};
      case 0xcd:
        return {number(2)};
      case 0xce:
        return {number(4)};
      case 0xcf:
        return {number(8)};
      case 0xd0:
        return {std::int64_t{static_cast<std::int8_t>(number(1))}};
      case 0xd1:
        return {std::int64_t{static_cast<std::int16_t>(number(2))}};
      case 0xd2:
        return {std::int64_t{static_cast<std::int32_t>(number(4))}};
      case 0xd3:
        return {static_cast<std::int64_t>(number(8))};
      case 0xd9:
        return {string(number(1))};
      case 0xda:
        return {string(number(2))};
      case 0xdb:
        return {string(number(4))};
      case 0xdc:
        return array(number(2), depth);
      case 0xdd:
        return array(number(4), depth);
      case 0xde:
        return map(number(2), depth);
      case 0xdf:
        return map(number(4), depth);
      default:
        throw CodeObjectError("MessagePack: type byte " + std::to_string(type) + " at " +
                              std::to_string(at_ - 1) +
                              ", expected none of the binary and extension types");
    }
  }

 private:
  // Big-endian, as all of MessagePack.
  std::uint64_t number(std::size_t count) {
    std::uint64_t value = 0;
    for (const std::byte byte : part_of(bytes_, at_, count, "MessagePack")) {
      value = value << 8 | std::to_integer<std::uint64_t>(byte);
    }
    at_ += count;
    return value;
  }
  std::string string(std::uint64_t count) {
    std::string text = text_of(part_of(bytes_, at_, count, "MessagePack, a string"));
    at_ += count;
    return text;
  }
  // Nothing is reserved: a count may be nonsense.
  MsgpackValue array(std::uint64_t count, int depth) {
    MsgpackArray all;
    for (std::uint64_t i = 0; i < count; ++i) all.push_back(value(depth + 1));
    return {std::move(all)};
  }
  MsgpackValue map(std::uint64_t count, int depth) {
    MsgpackMap all;
    for (std::uint64_t i = 0; i < count; ++i) {
      MsgpackValue key = value(depth + 1);
      auto* const name = std::get_if<std::string>(&key.value);
      if (name == nullptr) throw CodeObjectError("MessagePack: a map's key is not a string");
      MsgpackValue entry = value(depth + 1);
      all.emplace_back(std::move(*name), std::move(entry));
    }
    return {std::move(all)};
  }

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

}  // namespace

const MsgpackValue* MsgpackValue::find(std::string_view key) const {
  const auto* const map = std::get_if<MsgpackMap>(&value);
  if (map == nullptr) return nullptr;
  for (const auto& [name, entry] : *map) {
    if (name == key) return &entry;
  }
  return nullptr;
}

MsgpackValue read_msgpack(std::span<const std::byte> bytes) { return Reader(bytes).value(0); }

}  // namespace mlacheck::amd
