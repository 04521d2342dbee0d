// The code under test: one variant of one op, compiled for one backend.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/op/call.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/numerics.hpp"
#include "harness/op/status.hpp"

namespace mlacheck {

/// How a variant must agree with the variant that it replaces.
enum class Agreement {
  bitwise,       ///< the same arithmetic on other memory: every consumable bit is equal
  within_bound,  ///< other arithmetic: both must satisfy the oracle's bound
  self_bitwise,  ///< the same towards the baseline, but its own bits are the same in every run
};

/// An extent at which a kernel's code path changes (a tile, a vector, a block). Generators draw
/// sizes next to multiples of it. `axis` is the name of the op's size, as in docs/contracts.md.
struct Tile {
  std::string axis;
  std::int64_t extent;
};

/// What the numbers that a subject is handed, and hands back, mean. The defaults are those of
/// docs/contracts.md.
struct Conventions {
  enum class LseBase { e, two };
  enum class LseLayout { heads_tokens, tokens_heads };
  LseBase lse_base = LseBase::e;
  LseLayout lse_layout = LseLayout::heads_tokens;
  bool plus_infinity_is_empty = true;  ///< false: cases with an LSE of +inf are not given to it
  bool refuses_overlap = true;         ///< false: that outputs overlap nothing is the caller's duty
  bool zero_has_sign = true;           ///< false: an exact zero may have either sign
  bool batch_invariant = true;  ///< false: a row's bits may depend on the other rows of the call
};

struct Subject {
  std::string variant;
  std::string baseline;  ///< the variant it must agree with; empty for a baseline
  Agreement agreement = Agreement::bitwise;
  std::function<Status(const Call&, LaunchContext&)> run;
  /// Reason why the variant cannot run on this machine, or an empty string. May be empty: always
  /// runs.
  std::function<std::string()> unavailable;
  Conventions conventions{};
  Numerics numerics{};
  /// Bundled variant whose permissions and costs it has; empty: its own name.
  std::string contract{};
  /// Terms of harness/domain/domain.hpp: which part of the contract it claims. Empty: all of it.
  std::string domain{};

  const std::string& contract_name() const { return contract.empty() ? variant : contract; }
};

/// Everything one op offers on one backend.
struct SubjectTable {
  std::string op;
  std::string backend;  ///< "cpu.w32", "cpu.w64", "cuda", "hip"
  std::string origin;   ///< path of the plug-in; empty for bundled ones
  std::string option;   ///< with which that path was given; empty for bundled ones
  std::string machine;  ///< what runs the kernels on the backend's device; empty: the device
  std::vector<Tile> tiles;
  std::vector<Subject> subjects;
};

}  // namespace mlacheck
