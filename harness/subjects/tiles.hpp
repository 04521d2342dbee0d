// What a table of subjects may say about tiles of an op.
#pragma once

#include <string>

#include "harness/op/model.hpp"

namespace mlacheck {

/// Throws std::invalid_argument that begins with `place` and names the first tile whose axis is
/// none of the op's, with the choices: a misspelt one would cost the cases that it asks for.
void check_tiles(const OpModel& model, const SubjectTable& table, const std::string& place);

}  // namespace mlacheck
