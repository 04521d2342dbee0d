// Cases of a decode step in absorbed form over a paged latent cache; docs/contracts.md, "decode_step",
// explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::decode_step {

const OpModel& model();

}  // namespace mlacheck::decode_step
