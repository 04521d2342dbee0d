// Every instruction that is known, by mnemonic.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "harness/amd/decode/bind.hpp"

namespace mlacheck::amd {

class Table {
 public:
  /// Throws std::logic_error for a name that is there already.
  void add(std::string name, Entry entry);
  const Entry* find(const std::string& mnemonic) const;

 private:
  std::unordered_map<std::string, Entry> entries_;
};

/// All families.
const Table& instruction_table();

/// Throws Unknown for an instruction that is not known, or not in this form.
Operation bind_operation(const Instruction& instruction, Target target, unsigned wave_size);

}  // namespace mlacheck::amd
