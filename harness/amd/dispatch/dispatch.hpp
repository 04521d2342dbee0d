// Runs a launch: its blocks one after another, each from the state that the hardware would set up.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/amd/kernel.hpp"
#include "harness/amd/memory/allocations.hpp"

namespace mlacheck::amd {

inline constexpr std::uint32_t kMostThreads = 1024;
inline constexpr std::uint32_t kMostLdsBytes = 64 * 1024;
/// Of a block; gfx950 has more than the others.
constexpr std::uint32_t most_lds_bytes(Target target) {
  return target == Target::gfx950 ? 160 * 1024 : kMostLdsBytes;
}

/// What ended it, or nothing. `allocations` also gets the launch's own argument block and packet for
/// as long as it runs. Blocks run in ascending order, x fastest, or in one drawn from the seed; where the
/// launch chooses some of them, those alone run, in its order.
std::optional<Fault> dispatch(const Launch& launch, Allocations& allocations,
                              std::optional<std::uint64_t> order_seed);

}  // namespace mlacheck::amd
