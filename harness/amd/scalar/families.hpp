// The families of scalar instructions.
#pragma once

#include "harness/amd/decode/table.hpp"

namespace mlacheck::amd {

void add_scalar_arithmetic(Table& table);
void add_scalar_bits(Table& table);
void add_scalar_comparisons(Table& table);
void add_scalar_control(Table& table);
void add_scalar_loads(Table& table);
void add_register_index(Table& table);

}  // namespace mlacheck::amd
