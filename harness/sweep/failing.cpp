#include "harness/sweep/failing.hpp"

#include <algorithm>

namespace mlacheck {
namespace {

bool contains(const std::vector<Signature>& signatures, const Signature& signature) {
  return std::find(signatures.begin(), signatures.end(), signature) != signatures.end();
}

// "the worker was killed by SIGSEGV", without the rest, which differs from case to case.
std::string how_it_ended(const std::string& text) {
  return text.substr(0, std::min(text.find('\n'), text.find(" during")));
}

// An access beside an operand is the same whichever check met it.
bool is_same(const Target& target, const Finding& finding) {
  const bool page = target.signature.kind == kPageKind && finding.kind == kPageKind;
  return target.met_by(finding) || (page && !target.exact);
}

const Finding* first_met(const Target& target, const CaseResult& result) {
  const auto& findings = result.evidence.findings;
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [&](const Finding& finding) { return is_same(target, finding); });
  return found == findings.end() ? nullptr : &*found;
}

// A finding that may take the place of a crash or a hang while the case shrinks.
const Finding* first_unknown(const Failing& failing, const CaseResult& result) {
  for (const Finding& finding : result.evidence.findings) {
    if (finding.check != Check::trust && !contains(failing.known, signature_of(finding))) {
      return &finding;
    }
  }
  return nullptr;
}

// The very signature is asked for where another failure of the check is known.
Target target_for(const Signature& signature, const std::vector<Signature>& known) {
  const bool check_is_known = std::any_of(
      known.begin(), known.end(), [&](const Signature& k) { return k.check == signature.check; });
  return {signature, check_is_known};
}

}  // namespace

bool is_failure(Verdict verdict) {
  return verdict != Verdict::passed && verdict != Verdict::skipped;
}

bool died_or_hung(const CaseResult& result) {
  return !result.evidence.crash.empty() || !result.evidence.timeout.empty();
}

bool fails_so(const Failing& failing, const CaseResult& result) {
  if (failing.target) {
    return !died_or_hung(result) && first_met(*failing.target, result) != nullptr;
  }
  if (died_or_hung(result)) return true;
  return result.verdict == Verdict::failed && first_unknown(failing, result) != nullptr;
}

void follow(Failing& failing, const CaseResult& result) {
  if (!failing.target) {
    failing.hung = failing.hung && result.verdict == Verdict::timed_out;
    if (died_or_hung(result)) failing.unit = result.ended_in;
    if (result.verdict != Verdict::failed) return;
    const Finding* const unknown = first_unknown(failing, result);
    if (unknown == nullptr) return;
    failing.target = target_for(signature_of(*unknown), failing.known);
  }
  if (const Finding* const finding = first_met(*failing.target, result)) {
    if (!failing.target->met_by(*finding)) failing.target->signature = signature_of(*finding);
    failing.choice = finding->choice;
    failing.unit = finding->unit;
  }
}

std::vector<Signature> signatures_of(const CaseResult& result) {
  const Evidence& evidence = result.evidence;
  std::vector<Signature> signatures;
  const auto add = [&](Signature signature) {
    if (!contains(signatures, signature)) signatures.push_back(std::move(signature));
  };
  if (!evidence.crash.empty()) add({Check::liveness, "", how_it_ended(evidence.crash)});
  if (!evidence.timeout.empty()) add({Check::liveness, "", "hung"});
  // What was found before the end is shown with it. Another case shows it alone.
  if (died_or_hung(result)) return signatures;
  for (const Finding& finding : evidence.findings) add(signature_of(finding));
  if (signatures.empty() && !evidence.harness_error.empty()) {
    add({Check::liveness, "", "error: " + evidence.harness_error});
  }
  if (signatures.empty()) add({Check::trust, "", std::string(name_of(result.verdict))});
  return signatures;
}

std::optional<Failing> new_failing(const CaseResult& result, const std::vector<Signature>& known) {
  const Evidence& evidence = result.evidence;
  for (const Signature& signature : signatures_of(result)) {
    if (contains(known, signature)) continue;
    Failing failing;
    failing.hung = !evidence.timeout.empty();
    failing.known = known;
    failing.unit = result.ended_in;
    if (died_or_hung(result) || evidence.findings.empty()) return failing;
    failing.target = target_for(signature, known);
    follow(failing, result);
    return failing;
  }
  return std::nullopt;
}

}  // namespace mlacheck
