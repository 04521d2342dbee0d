// A finding: one observed defect, with the check that saw it, place and evidence.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mlacheck {

/// The independent ways to detect a defect. docs/checks.md says what each one does.
enum class Check {
  shapes,      ///< K1: values against the oracle, ordinary data
  layout,      ///< K2: layout twin must be bit-equal
  poison,      ///< K3: result independent of what outputs and scratch held; all live cells written
  dead_input,  ///< K4: result independent of what dead inputs hold
  canary,      ///< K5: nothing else was written: red zones, gaps, inputs, dead cells
  guard,       ///< K6: nothing is read or written past the ends of a buffer
  edge,        ///< K7: values against the oracle, special values
  history,     ///< K8: result independent of earlier calls and of what they left in scratch
  repeat,      ///< K9: equal calls are bit-equal, in any order of threads and blocks
  batch,       ///< K10: result of a row independent of its batchmates
  probe,       ///< K11: analytic probes and algebra
  metadata,    ///< K12: integer metadata, exact, and what a consumer makes of it
  width,       ///< K13: offsets past 2^31 and 2^32
  quantization,   ///< K14: codes and scales bit by bit, at every code, midpoint and scale
  alias,          ///< K15: overlapping operands are refused, or give the same result
  liveness,       ///< K16: the call is accepted, every block of every launch runs, and it ends
  configuration,  ///< K17: every choice of the configuration was run
  cost,           ///< allocations, launches, bytes filled and copied as the contract says
  agreement,      ///< variant against its baseline
  sanitizer,      ///< a report of ASan, UBSan, MSan, TSan
  executor,       ///< the CPU executor: divergent barrier, bad mask, deadlock
  trust,          ///< the pass would prove nothing
};

inline constexpr std::array<std::string_view, 22> kCheckNames{
    "K1",  "K2",  "K3",  "K4",  "K5",  "K6",  "K7",   "K8", "K9",  "K10",  "K11",
    "K12", "K13", "K14", "K15", "K16", "K17", "cost", "eq", "san", "exec", "trust"};

inline std::string_view name_of(Check check) {
  return kCheckNames[static_cast<std::size_t>(check)];
}

/// One of the alternatives of a check: a neighbour (K8), a relation (K10, K11), an operand and a
/// distance (K13). The number means the same for every case of an op.
struct Choice {
  Check check = Check::history;
  std::int64_t number = 0;

  friend bool operator==(const Choice&, const Choice&) = default;
};

struct Finding {
  Finding() = default;
  Finding(Check the_check, std::string the_text, std::string the_operand = {},
          std::string the_kind = {})
      : check(the_check),
        text(std::move(the_text)),
        operand(std::move(the_operand)),
        kind(std::move(the_kind)) {}

  Check check = Check::shapes;
  std::string text;     ///< may be several lines; the first one stands alone
  std::string operand;  ///< that is wrong; empty where it is about the call as a whole
  std::string kind;     ///< what is wrong with it, in a word: "value", "unwritten", "refused"
  /// The alternative that showed it; nothing where there are none.
  std::optional<Choice> choice;
  /// The part of the battery that saw it (CheckUnit::name).
  std::string unit;
};

/// What makes two findings the same defect, as far as that can be told from outside.
struct Signature {
  Check check = Check::shapes;
  std::string operand;
  std::string kind;

  friend bool operator==(const Signature&, const Signature&) = default;
};

/// K1 and K7 count as one: K7 is K1 on special values, and a case may lose these while it shrinks.
inline Check kind_of(Check check) { return check == Check::edge ? Check::shapes : check; }

inline Signature signature_of(const Finding& finding) {
  return {kind_of(finding.check), finding.operand, finding.kind};
}

/// The findings that count as the failure in question.
struct Target {
  Signature signature;
  /// True: only the very signature. False: any finding of its check, which makes for smaller cases;
  /// but never another kind of K16, whose kinds have nothing in common.
  bool exact = false;

  bool met_by(const Finding& finding) const {
    const Signature other = signature_of(finding);
    if (exact) return other == signature;
    return other.check == signature.check &&
           (other.check != Check::liveness || other.kind == signature.kind);
  }
};

}  // namespace mlacheck
