// Cases of mla_decode: ragged batches over a shuffled paged cache, layouts, splits, values.
#pragma once

#include "properties/op.hpp"

namespace mlacheck {

const OpModel& mla_decode_model();

}  // namespace mlacheck
