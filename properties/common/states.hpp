// Operands of attention states: values [T, H, V] and LSEs [H, T], each with a layout of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "properties/common/layout_fields.hpp"
#include "properties/common/state_lse.hpp"
#include "properties/common/values.hpp"

namespace mlacheck {

inline LayoutKind state_values_kind() { return LayoutKind::rows("THV"); }
inline LayoutKind state_lse_kind() { return LayoutKind::any("HT"); }

struct StateShape {
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t width;

  std::vector<std::int64_t> values() const { return {tokens, heads, width}; }
  std::vector<std::int64_t> lse() const { return {heads, tokens}; }
};

/// What one row (token, head) of an input holds.
using StateCell = std::function<Cell(std::int64_t token, std::int64_t head)>;
using StateNumber = std::function<double(std::int64_t token, std::int64_t head)>;

Operand state_values(std::string name, DType dtype, const StateShape& shape,
                     const LayoutFields& layout, ValueClass values, std::uint64_t seed,
                     const StateCell& cell);
Operand state_lse(std::string name, const StateShape& shape, const LayoutFields& layout,
                  const StateNumber& number, const StateCell& cell);

/// Outputs: all live.
Operand state_values_out(std::string name, DType dtype, const StateShape& shape,
                         const LayoutFields& layout);
Operand state_lse_out(std::string name, const StateShape& shape, const LayoutFields& layout);

/// The spellings that the layouts of states had.
template <class Table>
void rename_state_layouts(Table& table, const std::vector<std::string>& values,
                          const std::vector<std::string>& lses) {
  for (const std::string& name : values) {
    table.renamed(name + ".swapped", name + ".order=HTV")
        .renamed(name + ".inner_gap", name + ".gap");
  }
  for (const std::string& name : lses) {
    table.renamed(name + ".swapped", name + ".order=TH")
        .renamed(name + ".inner_gap", name + ".step, which is one more")
        .renamed(name + ".outer_gap", name + ".gap");
  }
}

/// Empty, or why these contents have no agreed answer.
inline std::string no_agreed_answer(ValueClass values, LseClass lse) {
  if (values != ValueClass::special || !weights_may_vanish(lse)) return "";
  return "an infinite element times a weight that underflows has no agreed answer";
}

/// LSEs of ordinary size and difference.
inline bool is_plain(LseClass lse) {
  return lse == LseClass::equal || lse == LseClass::near || lse == LseClass::independent;
}

}  // namespace mlacheck
