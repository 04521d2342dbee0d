#include "harness/sweep/confirm.hpp"

#include <utility>

namespace mlacheck {

Confirmation confirm(const Case& failing, const std::vector<Case>& earlier,
                     const std::function<CaseResult(const std::vector<Case>&)>& run,
                     const std::function<bool(const CaseResult&)>& same) {
  const auto attempt = [&](std::vector<Case> after) {
    std::vector<Case> sequence = after;
    sequence.push_back(failing);
    CaseResult result = run(sequence);
    if (!same(result)) return Confirmation{};
    return Confirmation{std::move(result), std::move(after)};
  };
  Confirmation confirmation = attempt({});
  for (auto it = earlier.rbegin(); !confirmation.result && it != earlier.rend(); ++it) {
    confirmation = attempt({*it});
  }
  if (!confirmation.result && earlier.size() > 1) confirmation = attempt(earlier);
  return confirmation;
}

}  // namespace mlacheck
