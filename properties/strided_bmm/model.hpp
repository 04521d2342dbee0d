// Cases of the value up-projection; docs/contracts.md, "strided_bmm", explains the fields.
#pragma once

#include "harness/op/model.hpp"

namespace mlacheck::strided_bmm {

const OpModel& model();

}  // namespace mlacheck::strided_bmm
