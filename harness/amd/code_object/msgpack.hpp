// MessagePack, as far as code object metadata use it: https://github.com/msgpack/msgpack, spec.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mlacheck::amd {

struct MsgpackValue;
struct MsgpackEntry;
using MsgpackArray = std::vector<MsgpackValue>;
/// In the order of the data. Keys other than strings are refused.
using MsgpackMap = std::vector<MsgpackEntry>;

struct MsgpackValue {
  std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, std::string, MsgpackArray,
               MsgpackMap>
      value;

  /// The entry of a map; null where there is none, or no map.
  const MsgpackValue* find(std::string_view key) const;
};

struct MsgpackEntry {
  std::string key;
  MsgpackValue value;
};

/// The one value that `bytes` begin with. Throws CodeObjectError where they end too early, nest
/// deeper than 64, or hold an extension or binary type.
MsgpackValue read_msgpack(std::span<const std::byte> bytes);

}  // namespace mlacheck::amd
