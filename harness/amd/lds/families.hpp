// The families of LDS instructions.
#pragma once

#include "harness/amd/decode/table.hpp"

namespace mlacheck::amd {

void add_lds_accesses(Table& table);
void add_lds_atomics(Table& table);
void add_lds_exchange(Table& table);
/// After add_lds_accesses.
void add_lds_transposed(Table& table);

}  // namespace mlacheck::amd
