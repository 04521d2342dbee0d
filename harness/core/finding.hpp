// A finding: one observed defect, with the check that saw it, place and evidence.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace mlacheck {

/// The independent ways to detect a defect. docs/architecture.md says what each one does.
enum class Check {
  shapes,     ///< K1: values against the oracle, ordinary data
  layout,     ///< K2: layout twin must be bit-equal
  poison,     ///< K3: result independent of what outputs and scratch held; all live cells written
  canary,     ///< K5: nothing else was written: red zones, gaps, inputs, dead cells
  edge,       ///< K7: values against the oracle, special values
  agreement,  ///< variant against its baseline
  sanitizer,  ///< a report of ASan, UBSan, MSan, TSan
  executor,   ///< the CPU executor: divergent barrier, bad mask, deadlock
  refusal,    ///< an admissible call was refused, or a launch failed
  trust,      ///< the pass would prove nothing
};

inline constexpr std::array<std::string_view, 10> kCheckNames{"K1", "K2",  "K3",   "K5",  "K7",
                                                              "eq", "san", "exec", "run", "trust"};

inline std::string_view name_of(Check check) {
  return kCheckNames[static_cast<std::size_t>(check)];
}

struct Finding {
  Check check = Check::shapes;
  std::string text;  ///< may be several lines; the first one stands alone
};

}  // namespace mlacheck
