#include "harness/amd/dispatch/kernarg.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mlacheck::amd {
namespace {

constexpr std::string_view kHidden = "hidden_";
// Services of a device runtime; a kernel that uses one finds a null pointer, and faults.
constexpr std::string_view kAbsent[] = {
    "none",    "printf_buffer", "hostcall_buffer",   "multigrid_sync_arg",
    "heap_v1", "default_queue", "completion_action", "queue_ptr",
};

bool ends_with_axis(std::string_view kind, std::string_view stem, unsigned& axis) {
  if (kind.size() != stem.size() + 2 || !kind.starts_with(stem)) return false;
  axis = static_cast<unsigned>(kind.back() - 'x');
  return axis < 3;
}

// Kinds: LLVM's AMDGPUUsage, "Code Object V5 Kernel Argument Metadata".
std::uint64_t hidden_value(const Launch& launch, std::string_view kind) {
  unsigned axis = 0;
  if (ends_with_axis(kind, "global_offset", axis)) return 0;
  if (ends_with_axis(kind, "block_count", axis)) return launch.blocks[axis];
  if (ends_with_axis(kind, "group_size", axis)) return launch.threads[axis];
  if (ends_with_axis(kind, "remainder", axis)) return 0;
  if (kind == "grid_dims") return 3;
  if (kind == "dynamic_lds_size") return launch.dynamic_lds;
  if (std::find(std::begin(kAbsent), std::end(kAbsent), kind) != std::end(kAbsent)) return 0;
  throw std::invalid_argument("kernel " + launch.kernel->name + ": hidden argument '" +
                              std::string(kind) + "': expected one that the interpreter has");
}

}  // namespace

std::vector<std::byte> kernarg_block(const Launch& launch, const void* const* arguments) {
  std::vector<std::byte> block(launch.kernel->kernarg_bytes);
  std::size_t given = 0;
  for (const Kernel::Argument& argument : launch.kernel->arguments) {
    std::byte* const to = block.data() + argument.offset;
    if (!argument.kind.starts_with(kHidden)) {
      std::memcpy(to, arguments[given], argument.size);
      ++given;
      continue;
    }
    const std::uint64_t value =
        hidden_value(launch, std::string_view(argument.kind).substr(kHidden.size()));
    std::memcpy(to, &value, std::min<std::size_t>(argument.size, sizeof value));
  }
  return block;
}

}  // namespace mlacheck::amd
