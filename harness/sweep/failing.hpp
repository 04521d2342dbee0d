// Which failure a search is after.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/checks/session.hpp"

namespace mlacheck {

/// Finding::kind of an access beside an operand, which ended the subject's process.
inline constexpr std::string_view kPageKind = "page";

/// One failure of a case. Shrinking keeps to it.
struct Failing {
  /// What was found; nothing if the subject's process ended or hung, where any other failure that
  /// is not known yet will do as well.
  std::optional<Target> target;
  bool hung = false;
  /// Failures that other counterexamples show. While a crash or a hang shrinks, any failure but
  /// these may take its place.
  std::vector<Signature> known;
  /// The alternative that showed it.
  std::optional<Choice> choice;
  /// The part of the battery that did, or in which the process ended; empty if unknown.
  std::string unit;
  /// Nothing but that part is run: another one ends the process before it.
  bool only_unit = false;
};

/// True if `result` fails in that way.
bool fails_so(const Failing& failing, const CaseResult& result);

/// After `result` was accepted as a failure of this kind. Where findings took the place of a crash
/// or a hang, they are the target from now on. The alternative is the one that showed it this time.
void follow(Failing& failing, const CaseResult& result);

/// Whether the process that ran the case died, or had to be ended.
bool died_or_hung(const CaseResult& result);

/// True for any verdict but PASSED and SKIPPED.
bool is_failure(Verdict verdict);

/// Everything that a failed case shows, each once, in order: the signatures of its findings, or one
/// that stands for the way in which its process ended or the harness failed: of a process that died, what was
/// found before is no failure of its own.
std::vector<Signature> signatures_of(const CaseResult& result);

/// The failure behind the first of these signatures that is not among the `known` ones; nothing if
/// all are. It is exact if another failure of the same check is known.
std::optional<Failing> new_failing(const CaseResult& result, const std::vector<Signature>& known);

}  // namespace mlacheck
