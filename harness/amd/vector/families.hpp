// The families of vector instructions.
#pragma once

#include "harness/amd/decode/table.hpp"

namespace mlacheck::amd {

void add_float_arithmetic(Table& table);
void add_half_arithmetic(Table& table);
void add_integer_arithmetic(Table& table);
void add_bit_operations(Table& table);
void add_bitop3(Table& table);
void add_carries(Table& table);
void add_comparisons(Table& table);
void add_conversions(Table& table);
void add_divisions(Table& table);
void add_lane_exchange(Table& table);
void add_packed(Table& table);
void add_permlane_swap(Table& table);
void add_selections(Table& table);
void add_small_conversions(Table& table);
void add_transcendentals(Table& table);

}  // namespace mlacheck::amd
