// Other cases that a serving engine could send just before or after a case.
#pragma once

#include <optional>
#include <string>

#include "harness/checks/session.hpp"
#include "harness/op/random.hpp"
#include "harness/verdict/finding.hpp"

namespace mlacheck {

/// True if one call could take the place of the other in captured launches: equal scalars, and
/// operands of equal layout.
bool same_extents(const Problem& a, const Problem& b);

/// The session's case with other contents in buffers of the same extents and strides: other seeds
/// and placements, and other entries in its lists (lengths), where the extents allow it. Nothing if
/// the case has nothing of the kind.
std::optional<Case> other_contents(const Session& session, Random& random);

/// The session's case with another scalar, such as a scale, a flag or a format, for operands of the
/// same types and layouts. What a subject keeps under the sizes of a call does not fit it. Nothing if
/// the case has nothing of the kind, or none was met.
std::optional<Case> other_scalars(const Session& session, Random& random);

/// Whether a run did nothing wrong, and its outputs are what the oracle expects of its problem.
bool meets_oracle(const Session& session, const Run& run);
bool meets_oracle(const Expectation& expectation, const Run& run);

/// Compares a run of a problem that is not the case's own. The elements do not count as the case's,
/// and `where` follows the text of each finding on a line of its own. True if there is none.
bool compare_other(Session& session, Check check, const Expectation& expectation, const Run& run,
                   const std::string& where);

/// K8's finding that `line`, which ran after this case, is wrong; `why` follows on lines of its own.
Finding wrong_neighbour(const std::string& line, const std::string& why);

/// The line, of such a finding; nothing of any other.
std::optional<std::string> line_of_wrong_neighbour(const Finding& finding);

}  // namespace mlacheck
