// Cases with one large extent or two: paths that begin at 5 tokens, 16 requests or 32 heads, and those
// that need both.
#pragma once

#include <optional>

#include "harness/case/extents.hpp"
#include "harness/op/model.hpp"

namespace mlacheck {

/// `drawn` with one of its extents in a bucket of its own, now and then a second one too, and every other
/// as simple as can be, so that the case stays cheap. Nothing if the op has no extents, or no such case is admissible.
std::optional<Case> stretched(const OpModel& model, const Case& drawn, Random& random);

}  // namespace mlacheck
