// Whether a failing case fails by itself, or only after others in the same process.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/checks/battery.hpp"

namespace mlacheck {

struct Confirmation {
  /// How the case failed when it was run again; nothing if it never did.
  std::optional<CaseResult> result;
  /// Cases that have to run before it in the same process; empty if it fails by itself.
  std::vector<Case> after;
};

/// Cases that are tried before a failing one.
inline constexpr std::size_t kRemembered = 32;

/// Runs `failing` in a fresh process; if it passes there, after each of `earlier` alone, the latest
/// first; then after all of them. `run` runs cases in this order in one fresh process and returns
/// the result of the last one; `same` tells whether that is the failure in question.
Confirmation confirm(const Case& failing, const std::vector<Case>& earlier,
                     const std::function<CaseResult(const std::vector<Case>&)>& run,
                     const std::function<bool(const CaseResult&)>& same);

}  // namespace mlacheck
