// Cases of merge_states: sizes, layouts, LSE differences, empty and copied rows.
#pragma once

#include "properties/op.hpp"

namespace mlacheck {

const OpModel& merge_states_model();

}  // namespace mlacheck
