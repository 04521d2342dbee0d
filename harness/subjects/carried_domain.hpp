// The domain of a layer one of whose steps claims only a part of its op's contract.
#pragma once

#include <string>

#include "harness/op/model.hpp"
#include "harness/subjects/layer_steps.hpp"

namespace mlacheck {

/// Terms of the layer's domain within which every call that it makes of the step is within `domain`, a
/// domain of the step's op; each with a blank in front, none twice. A call that no term brings within it
/// is ruled out where the layer can do without that call. Throws std::invalid_argument, beginning with
/// `place` and naming the term, where no call is left or one that the layer always makes is outside.
std::string carried_domain(const std::string& domain, const LayerStep& step, const OpModel& layer,
                           const std::string& place);

}  // namespace mlacheck
