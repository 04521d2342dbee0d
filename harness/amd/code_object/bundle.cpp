#include "harness/amd/code_object/bundle.hpp"

#include <cstdint>
#include <string_view>

#include "harness/amd/code_object/bytes.hpp"

namespace mlacheck::amd {
namespace {

constexpr std::string_view kMagic = "__CLANG_OFFLOAD_BUNDLE__";
// More than any compiler writes; a larger number is no bundle.
constexpr std::uint64_t kMostEntries = 1024;

// "hipv4-amdgcn-amd-amdhsa--gfx90a:xnack-" -> "gfx90a". The id is kind-triple-processor, and the
// triple has an empty environment.
std::string_view processor_of(std::string_view id) {
  const std::size_t dash = id.rfind("--");
  if (dash == std::string_view::npos) return {};
  const std::string_view target = id.substr(dash + 2);
  return target.substr(0, target.find(':'));
}

}  // namespace

std::vector<BundleEntry> read_bundle(std::span<const std::byte> bundle) {
  if (text_of(part_of(bundle, 0, kMagic.size(), "offload bundle")) != kMagic) {
    throw CodeObjectError("offload bundle: expected it to begin with " + std::string(kMagic));
  }
  std::size_t at = kMagic.size();
  const auto next = [&] {
    const auto value = field<std::uint64_t>(bundle, at, "offload bundle");
    at += sizeof value;
    return value;
  };
  const std::uint64_t count = next();
  if (count > kMostEntries) {
    throw CodeObjectError("offload bundle: " + std::to_string(count) +
                          " entries, expected at most " + std::to_string(kMostEntries));
  }
  std::vector<BundleEntry> entries;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t offset = next();
    const std::uint64_t bytes = next();
    const std::uint64_t id_bytes = next();
    BundleEntry entry;
    entry.id = text_of(part_of(bundle, at, id_bytes, "offload bundle, an entry's id"));
    at += id_bytes;
    entry.bytes = part_of(bundle, offset, bytes, "offload bundle, entry " + entry.id);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::span<const std::byte> code_object_for(Target target, const std::vector<BundleEntry>& bundle) {
  for (const BundleEntry& entry : bundle) {
    if (processor_of(entry.id) == name_of(target)) return entry.bytes;
  }
  return {};
}

}  // namespace mlacheck::amd
