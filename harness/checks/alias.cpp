#include <array>
#include <functional>
#include <optional>

#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

struct Overlap {
  std::size_t operand;  // moved
  std::size_t host;     // onto this one's memory
};

// All pairs of operands of which one is written, the smaller one on top of the larger one.
std::vector<Overlap> overlaps(const Problem& problem) {
  std::vector<Overlap> result;
  const auto bytes = [&](std::size_t k) {
    const Operand& operand = problem.operands[k];
    return (operand.layout.storage - operand.layout.offset) *
           static_cast<std::int64_t>(size_of(operand.dtype));
  };
  for (std::size_t a = 0; a < problem.operands.size(); ++a) {
    for (std::size_t b = a + 1; b < problem.operands.size(); ++b) {
      const bool written = problem.operands[a].access != Access::input ||
                           problem.operands[b].access != Access::input;
      const bool empty =
          problem.operands[a].layout.elements() == 0 || problem.operands[b].layout.elements() == 0;
      if (!written || empty) continue;
      result.push_back(bytes(a) <= bytes(b) ? Overlap{a, b} : Overlap{b, a});
    }
  }
  return result;
}

// What a refused call wrote into `operand`, or empty: it was handed out with every byte `poison`,
// and an update with its contents.
std::string trace(const Operand& operand, const std::vector<std::uint32_t>& after, Poison poison) {
  if (operand.access == Access::input) return {};
  std::array<std::byte, 4> fill{};
  fill.fill(poison_byte(poison));
  const std::uint32_t untouched = load_bits(operand.dtype, fill.data());
  for (std::size_t i = 0; i < after.size(); ++i) {
    const bool holds_value = operand.access == Access::update && operand.cell(i) != Cell::dead;
    if (after[i] != (holds_value ? operand.bits[i] : untouched)) {
      return "element " + std::to_string(i) + " of " + operand.name + " was written";
    }
  }
  return {};
}

}  // namespace

void check_alias(Session& session) {
  if (!session.subject().conventions.refuses_overlap) return;
  const Problem& problem = session.problem();
  const std::vector<Overlap> pairs = overlaps(problem);
  if (pairs.empty()) return;
  const std::size_t pick = std::hash<std::string>{}(session.the_case().line());
  const Overlap pair = pairs[pick % pairs.size()];
  constexpr Poison kPoison = Poison::ones;
  const RunOptions options = RunOptions::poisoned(kPoison);
  PlacedOperands placed(problem, session.backend(), options);
  if (!placed.error().empty()) {
    session.evidence().harness_error = placed.error();
    return;
  }
  placed.alias(pair.operand, pair.host, 0);
  const Run run = execute(session.subject(), problem, placed, session.backend(), options);
  session.carried_out(Check::alias);
  const std::string which =
      problem.operands[pair.operand].name + " on top of " + problem.operands[pair.host].name;
  if (run.status.ok()) {
    session.find(Check::alias, which + ": accepted, where the contract refuses an overlap");
  } else if (run.status.code() != StatusCode::invalid_argument) {
    session.find(Check::alias, which + ": not refused by name: " + run.status.message());
  }
  if (run.status.code() == StatusCode::invalid_argument) {
    for (std::size_t k = 0; k < run.outputs.size(); ++k) {
      const std::string written = trace(problem.operands[k], run.outputs[k], kPoison);
      if (!written.empty()) session.find(Check::alias, which + ": refused, and " + written);
    }
    for (const Finding& finding : run.findings) {
      // Not MSan's word on live cells: a refusal leaves them unwritten.
      if (finding.check != Check::canary) continue;
      session.find(Check::alias, which + ": refused, and " + finding.text);
    }
  }
  if (!run.launches.empty()) session.find(Check::alias, which + ": refused after a launch");
}

}  // namespace mlacheck
