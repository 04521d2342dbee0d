// Cases of latent decode over a paged cache; docs/contracts.md, "mla_decode", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck {

const OpModel& mla_decode_model();

}  // namespace mlacheck
