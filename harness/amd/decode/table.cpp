#include "harness/amd/decode/table.hpp"

#include <stdexcept>
#include <utility>

#include "harness/amd/global/families.hpp"
#include "harness/amd/lds/families.hpp"
#include "harness/amd/matrix/families.hpp"
#include "harness/amd/scalar/families.hpp"
#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/gfx1030_families.hpp"

namespace mlacheck::amd {
namespace {

Table full_table() {
  Table table;
  add_scalar_arithmetic(table);
  add_scalar_bits(table);
  add_scalar_comparisons(table);
  add_scalar_control(table);
  add_scalar_loads(table);
  add_register_index(table);
  add_float_arithmetic(table);
  add_half_arithmetic(table);
  add_integer_arithmetic(table);
  add_bit_operations(table);
  add_bitop3(table);
  add_carries(table);
  add_comparisons(table);
  add_conversions(table);
  add_divisions(table);
  add_lane_exchange(table);
  add_permlane(table);
  add_relative_moves(table);
  add_packed(table);
  add_permlane_swap(table);
  add_selections(table);
  add_small_conversions(table);
  add_transcendentals(table);
  add_lds_accesses(table);
  add_lds_atomics(table);
  add_lds_exchange(table);
  add_lds_transposed(table);
  add_memory_accesses(table);
  add_memory_atomics(table);
  add_matrix_products(table);
  add_scaled_products(table);
  return table;
}

}  // namespace

void Table::add(std::string name, Entry entry) {
  const auto [place, fresh] = entries_.emplace(std::move(name), entry);
  if (!fresh) throw std::logic_error("instruction " + place->first + " is entered twice");
}

const Entry* Table::find(const std::string& mnemonic) const {
  const auto found = entries_.find(mnemonic);
  return found == entries_.end() ? nullptr : &found->second;
}

const Table& instruction_table() {
  static const Table table = full_table();
  return table;
}

Operation bind_operation(const Instruction& instruction, Target target, unsigned wave_size) {
  const Entry* const entry = instruction_table().find(instruction.mnemonic);
  if (entry == nullptr) throw Unknown{"mnemonic '" + instruction.mnemonic + "' is not known"};
  Operation operation;
  operation.run = entry->run;
  operation.result = entry->result;
  operation.bytes = instruction.bytes;
  operation.instruction = std::make_shared<const Instruction>(instruction);
  entry->bind({instruction, *entry, target, wave_size, operation});
  return operation;
}

}  // namespace mlacheck::amd
