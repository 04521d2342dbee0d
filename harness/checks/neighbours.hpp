// Other cases that a serving engine could send just before or after a case.
#pragma once

#include <optional>

#include "harness/checks/session.hpp"
#include "harness/op/random.hpp"

namespace mlacheck {

/// True if one call could take the place of the other in captured launches: equal scalars, and
/// operands of equal layout.
bool same_extents(const Problem& a, const Problem& b);

/// The session's case with other contents in buffers of the same extents and strides: other seeds
/// and placements, and other entries in its lists (lengths), where the extents allow it. Nothing if
/// the case has nothing of the kind.
std::optional<Case> other_contents(const Session& session, Random& random);

}  // namespace mlacheck
