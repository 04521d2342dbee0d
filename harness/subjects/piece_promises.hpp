// What a layer may still promise when one of its steps is foreign.
#pragma once

#include <string>

#include "harness/op/model.hpp"
#include "harness/op/subject.hpp"
#include "harness/subjects/layer_steps.hpp"

namespace mlacheck {

/// Takes from `layer` what `piece`, which does `step`, does not promise: agreement, conventions, numerics;
/// and adds the piece's domain in the layer's fields. Throws std::invalid_argument, beginning with `place`,
/// where the layer cannot keep to what the piece asks.
void promise_no_more(Subject& layer, const OpModel& of_layer, const Subject& piece,
                     const LayerStep& step, const std::string& place);

}  // namespace mlacheck
