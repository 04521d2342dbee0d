// The families of instructions that access memory by lane.
#pragma once

#include "harness/amd/decode/table.hpp"

namespace mlacheck::amd {

void add_memory_accesses(Table& table);
void add_memory_atomics(Table& table);

}  // namespace mlacheck::amd
