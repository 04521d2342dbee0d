// The code under test: one variant of one op, compiled for one backend.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/call.hpp"
#include "harness/core/launch_context.hpp"
#include "harness/core/status.hpp"

namespace mlacheck {

/// How a variant must agree with the variant that it replaces.
enum class Agreement {
  bitwise,       ///< the same arithmetic on other memory: every consumable bit is equal
  within_bound,  ///< other arithmetic: both must satisfy the oracle's bound
};

/// An extent at which a kernel's code path changes (a tile, a vector, a block). Generators draw
/// sizes next to multiples of it. `axis` is the name of the op's size, as in docs/contracts.md.
struct Tile {
  std::string axis;
  std::int64_t extent;
};

struct Subject {
  std::string variant;
  std::string baseline;  ///< the variant it must agree with; empty for a baseline
  Agreement agreement = Agreement::bitwise;
  Status (*run)(const Call&, LaunchContext&) = nullptr;
  /// Reason why the variant cannot run on this machine, or an empty string. May be null: always
  /// runs.
  std::string (*unavailable)() = nullptr;
};

/// Everything one op offers on one backend.
struct SubjectTable {
  std::string op;
  std::string backend;  ///< "cpu.w32", "cpu.w64", "cuda", "hip"
  std::vector<Tile> tiles;
  std::vector<Subject> subjects;
};

}  // namespace mlacheck
