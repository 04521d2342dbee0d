#include "harness/amd/code_object/metadata.hpp"

#include <string_view>

#include "harness/amd/code_object/error.hpp"
#include "harness/amd/code_object/msgpack.hpp"

namespace mlacheck::amd {
namespace {

[[noreturn]] void missing(std::string_view key, std::string_view expected) {
  throw CodeObjectError("metadata: " + std::string(key) + ": expected " + std::string(expected));
}

std::string text(const MsgpackValue& map, std::string_view key) {
  const MsgpackValue* const found = map.find(key);
  const auto* const value = found == nullptr ? nullptr : std::get_if<std::string>(&found->value);
  if (value == nullptr) missing(key, "a string");
  return *value;
}

std::uint32_t number(const MsgpackValue& map, std::string_view key) {
  const MsgpackValue* const found = map.find(key);
  const auto* const value = found == nullptr ? nullptr : std::get_if<std::uint64_t>(&found->value);
  if (value == nullptr || *value > 0xffffffffU) missing(key, "a number of 32 bits");
  return static_cast<std::uint32_t>(*value);
}

// An absent array is an empty one.
const MsgpackArray& array(const MsgpackValue& map, std::string_view key) {
  static const MsgpackArray kNone;
  const MsgpackValue* const found = map.find(key);
  if (found == nullptr) return kNone;
  const auto* const value = std::get_if<MsgpackArray>(&found->value);
  if (value == nullptr) missing(key, "an array");
  return *value;
}

Kernel::Argument argument(const MsgpackValue& map) {
  Kernel::Argument read;
  if (map.find(".name") != nullptr) read.name = text(map, ".name");
  read.kind = text(map, ".value_kind");
  read.offset = number(map, ".offset");
  read.size = number(map, ".size");
  return read;
}

}  // namespace

std::vector<KernelMetadata> read_metadata(std::span<const std::byte> note) {
  std::vector<KernelMetadata> kernels;
  const MsgpackValue root = read_msgpack(note);
  for (const MsgpackValue& map : array(root, "amdhsa.kernels")) {
    KernelMetadata kernel;
    kernel.name = text(map, ".name");
    kernel.symbol = text(map, ".symbol");
    kernel.kernarg_bytes = number(map, ".kernarg_segment_size");
    kernel.wave_size = number(map, ".wavefront_size");
    // Assemblers leave it to whoever writes the metadata.
    if (map.find(".max_flat_workgroup_size") != nullptr) {
      kernel.most_threads = number(map, ".max_flat_workgroup_size");
    }
    for (const MsgpackValue& entry : array(map, ".args")) {
      kernel.arguments.push_back(argument(entry));
      const Kernel::Argument& last = kernel.arguments.back();
      if (last.offset > kernel.kernarg_bytes || last.size > kernel.kernarg_bytes - last.offset) {
        missing(".offset", "argument " + std::to_string(kernel.arguments.size() - 1) + " of " +
                               kernel.name + " within the kernarg segment");
      }
    }
    kernels.push_back(std::move(kernel));
  }
  return kernels;
}

}  // namespace mlacheck::amd
