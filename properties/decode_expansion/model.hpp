// Cases of the expansion of decode metadata; properties/decode_expansion/fields.hpp has the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::decode_expansion {

const OpModel& model();

}  // namespace mlacheck::decode_expansion
