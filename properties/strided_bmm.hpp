// Cases of strided_bmm: extents, the layouts that serving stacks use, gaps and offsets, values.
#pragma once

#include "properties/op.hpp"

namespace mlacheck {

const OpModel& strided_bmm_model();

}  // namespace mlacheck
