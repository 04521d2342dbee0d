// Findings that are known: reports name them, and they are no failures.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/checks/session.hpp"
#include "harness/sweep/row.hpp"

namespace mlacheck {

/// One line of a file of known findings:
///
///     merge_states mine K7 out value    # a row that is empty on both sides is NaN
///
/// op, variant, check, operand and kind of the finding, as a failure's line "signature" has them; `*`
/// stands for any, `-` for no operand. The kind may be several words. The reason is for readers.
struct KnownFinding {
  std::string text;  ///< as it was written, without the reason
  std::string op;
  std::string variant;
  std::string check;
  std::string operand;
  std::string kind;
  std::string reason;

  bool concerns(const Row& row) const;
  /// Of a row that it concerns.
  bool matches(const Finding& finding) const;
};

/// Empty lines, and those that begin with '#', are passed over. Throws std::invalid_argument naming
/// file, line and what was expected.
std::vector<KnownFinding> known_findings(const std::string& file,
                                         const std::vector<std::string_view>& lines);

/// "K7 out value": how a file of known findings names the finding.
std::string known_as(const Finding& finding);

/// Takes the known findings out of a result and decides it again. `met` has one count for each entry:
/// those that were found are counted up.
void forgive(CaseResult& result, const Row& row, std::span<const KnownFinding> known,
             std::vector<std::int64_t>& met);

}  // namespace mlacheck
