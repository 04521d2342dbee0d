// Offload bundles: code objects of several targets in one piece of data, as clang embeds them.
// Layout: "Clang Offload Bundler", https://clang.llvm.org/docs/ClangOffloadBundler.html.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

struct BundleEntry {
  std::string id;  ///< "hipv4-amdgcn-amd-amdhsa--gfx90a"
  std::span<const std::byte> bytes;
};

/// All entries, in their order. Throws CodeObjectError for what is not a bundle. The span may reach
/// past the bundle's end, which its header does not give.
std::vector<BundleEntry> read_bundle(std::span<const std::byte> bundle);

/// The code object for this target; empty if there is none. Target features (":xnack-") in an
/// entry's id are not looked at: the interpreter has none.
std::span<const std::byte> code_object_for(Target target, const std::vector<BundleEntry>& bundle);

}  // namespace mlacheck::amd
