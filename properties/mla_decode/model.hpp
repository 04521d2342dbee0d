// Cases of latent decode over a paged cache; docs/contracts.md, "mla_decode", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::mla_decode {

const OpModel& model();

}  // namespace mlacheck::mla_decode
