// Cases of chunked_context: requests with contexts of different lengths, chunks with layouts of
// their own, rows that are empty in some or all chunks.
#pragma once

#include "properties/op.hpp"

namespace mlacheck {

const OpModel& chunked_context_model();

}  // namespace mlacheck
