// Families of vector instructions that gfx1030 alone has; the others are in families.hpp.
#pragma once

#include "harness/amd/decode/table.hpp"

namespace mlacheck::amd {

void add_permlane(Table& table);
void add_relative_moves(Table& table);

}  // namespace mlacheck::amd
