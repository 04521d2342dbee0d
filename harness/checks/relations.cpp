#include <functional>

#include "harness/checks/conventions.hpp"
#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

std::string bits_text(DType dtype, std::uint32_t bits) {
  return is_floating(dtype) ? std::to_string(decode(dtype, bits))
                            : std::to_string(static_cast<std::int32_t>(bits));
}

// Empty if all matched elements have equal bits; else the first that has not, and how many.
std::string difference(const Match& match, const Problem& mine, const Run& my_run,
                       const Problem& theirs, const Run& their_run) {
  const Operand& my_operand = mine.operand(match.operand);
  const Operand& their_operand = theirs.operand(match.operand);
  const auto& my_bits =
      my_run.outputs[static_cast<std::size_t>(&my_operand - mine.operands.data())];
  const auto& their_bits =
      their_run.outputs[static_cast<std::size_t>(&their_operand - theirs.operands.data())];
  std::size_t count = 0;
  std::string first;
  for (std::size_t i = 0; i < match.mine.size(); ++i) {
    const std::size_t a = match.mine[i];
    const std::size_t b = match.theirs[i];
    if (my_operand.cell(a) != Cell::live || my_bits[a] == their_bits[b]) continue;
    if (count++ > 0) continue;
    first = match.operand + index_text(my_operand.layout.shape, a) + " is " +
            bits_text(my_operand.dtype, my_bits[a]) + " here and " +
            bits_text(their_operand.dtype, their_bits[b]) + " there, at " +
            index_text(their_operand.layout.shape, b);
  }
  if (count == 0) return {};
  return first + "; " + std::to_string(count) + " of " + std::to_string(match.mine.size()) +
         " elements differ";
}

}  // namespace

void check_relations(Session& session) {
  if (session.subject().agreement == Agreement::within_bound) return;
  Random random(std::hash<std::string>{}(session.the_case().line()), 10);
  for (Relation& relation :
       session.model().relations(session.the_case(), session.problem(), random)) {
    const Problem other = under_conventions(std::move(relation.problem), session.subject());
    Run run = session.execute(other, RunOptions::poisoned(Poison::ones));
    if (!session.accept(run, relation.name)) return;
    session.carried_out(relation.check);
    for (const Match& match : relation.matches) {
      const std::string text = difference(match, session.problem(), *session.first(), other, run);
      if (!text.empty()) session.find(relation.check, relation.name + ": " + text);
    }
  }
}

}  // namespace mlacheck
