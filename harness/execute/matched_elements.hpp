// The elements of two runs that a relation matches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/execute/execute.hpp"
#include "harness/op/relation.hpp"

namespace mlacheck {

/// One element of an output after a run.
struct RunElement {
  const Operand* operand;
  std::size_t index;  ///< in logical order
  std::uint32_t bits;

  /// "out(0,3)"
  std::string place() const { return operand->name + index_text(operand->layout.shape, index); }

  std::string value() const { return value_of(bits); }

  /// As it would read with other bits.
  std::string value_of(std::uint32_t others) const {
    if (is_floating(operand->dtype)) return std::to_string(decode(operand->dtype, others));
    return std::to_string(static_cast<std::int32_t>(others));
  }
};

/// Calls `use` with an element of `mine` and the one of `theirs` that is matched with it.
template <class Use>
void for_each_matched(const Match& match, const Run& mine, const Run& theirs, const Use& use) {
  const Operand& my_operand = mine.problem->operand(match.operand);
  const Operand& their_operand = theirs.problem->operand(match.operand);
  const auto& my_bits = mine.bits(match.operand);
  const auto& their_bits = theirs.bits(match.operand);
  for (std::size_t i = 0; i < match.mine.size(); ++i) {
    const std::size_t a = match.mine[i];
    const std::size_t b = match.theirs[i];
    use(RunElement{&my_operand, a, my_bits.at(a)}, RunElement{&their_operand, b, their_bits.at(b)});
  }
}

}  // namespace mlacheck
