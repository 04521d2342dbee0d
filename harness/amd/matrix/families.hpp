// The families of matrix instructions.
#pragma once

#include "harness/amd/decode/table.hpp"

namespace mlacheck::amd {

void add_matrix_products(Table& table);
void add_scaled_products(Table& table);

}  // namespace mlacheck::amd
