// What a stream can be asked to do: launches, copies and fills, done at once or recorded in a graph.
#pragma once

#include <hip/hip_runtime_api.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

struct KernelLaunch {
  const Kernel* kernel = nullptr;
  std::array<std::uint32_t, 3> blocks{};
  std::array<std::uint32_t, 3> threads{};
  std::uint32_t dynamic_lds = 0;
  std::vector<std::byte> kernarg;
};

struct Copy {
  void* to = nullptr;
  const void* from = nullptr;
  std::size_t bytes = 0;
  hipMemcpyKind kind = hipMemcpyDefault;
};

struct Fill {
  void* to = nullptr;
  int value = 0;
  std::size_t bytes = 0;
  unsigned element = 1;  ///< bytes of the value that are repeated: 1, 2 or 4
};

using WorkItem = std::variant<KernelLaunch, Copy, Fill>;

}  // namespace mlacheck::amd
