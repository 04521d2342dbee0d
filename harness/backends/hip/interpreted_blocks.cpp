#include "harness/backends/hip/interpreted_blocks.hpp"

#include <dlfcn.h>

#include <string>

namespace mlacheck::hip {
namespace {

// Of each launch `counts[i]` blocks, whose numbers follow each other in `numbers`.
using RunBlocks = hipError_t (*)(hipGraphExec_t, const std::uint64_t* numbers,
                                 const std::size_t* counts, std::size_t launches);

RunBlocks runner() {
  static const auto kRunner =
      reinterpret_cast<RunBlocks>(dlsym(RTLD_DEFAULT, "mlacheck_interpreted_blocks"));
  return kRunner;
}

using Touched = hipError_t (*)(const void* memory, std::size_t bytes,
                               void (*found)(void*, std::uint64_t, std::uint64_t), void* context);

Touched teller() {
  static const auto kTeller =
      reinterpret_cast<Touched>(dlsym(RTLD_DEFAULT, "mlacheck_interpreted_touched"));
  return kTeller;
}

void add_range(void* ranges, std::uint64_t offset, std::uint64_t bytes) {
  static_cast<std::vector<Range>*>(ranges)->push_back({offset, bytes});
}

}  // namespace

bool can_choose_blocks() { return runner() != nullptr; }

Status run_blocks(hipGraphExec_t graph, const std::vector<std::vector<std::uint64_t>>& blocks) {
  std::vector<std::uint64_t> numbers;
  std::vector<std::size_t> counts;
  for (const std::vector<std::uint64_t>& list : blocks) {
    numbers.insert(numbers.end(), list.begin(), list.end());
    counts.push_back(list.size());
  }
  const hipError_t error = runner()(graph, numbers.data(), counts.data(), counts.size());
  if (error == hipSuccess) return {};
  static_cast<void>(hipGetLastError());
  if (error == hipErrorNotSupported) {
    return {StatusCode::unsupported, "copies and fills of the runtime have no blocks to choose"};
  }
  if (error == hipErrorInvalidValue) {
    return {StatusCode::unsupported, "launches go past the backend"};
  }
  return {StatusCode::launch_failed,
          "replay of chosen blocks: " + std::string(hipGetErrorName(error)) + ": " +
              hipGetErrorString(error)};
}

std::optional<std::vector<Range>> touched_ranges(const std::byte* memory, std::size_t bytes) {
  if (teller() == nullptr) return std::nullopt;
  std::vector<Range> ranges;
  const hipError_t told = teller()(memory, bytes, &add_range, &ranges);
  if (told == hipSuccess) return ranges;
  static_cast<void>(hipGetLastError());
  return std::nullopt;
}

}  // namespace mlacheck::hip
