#include <optional>

#include "harness/checks/conventions.hpp"
#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

// Drawing the contents again would take a fifth of what a case costs of which only values are
// compared.
bool shares_problem(const Session& session, const Subject& baseline) {
  const Subject& subject = session.subject();
  return (session.model().same_rules_for_all_variants() ||
          subject.contract_name() == baseline.contract_name()) &&
         subject.conventions.lse_base == baseline.conventions.lse_base &&
         subject.numerics == baseline.numerics;
}

Problem problem_for(const Session& session, const Subject& baseline) {
  return under_conventions(
      session.model().materialise(session.the_case(), baseline.contract_name()), baseline);
}

}  // namespace

void check_agreement(Session& session) {
  const Subject* const baseline = session.baseline();
  if (baseline == nullptr || session.subject().agreement != Agreement::bitwise) return;
  std::optional<Problem> own;
  if (!shares_problem(session, *baseline)) own = problem_for(session, *baseline);
  const Problem& problem = own ? *own : session.problem();
  Run run = execute(*baseline, problem, session.backend(), Poison::ones);
  if (!session.accept(run, "baseline " + baseline->variant, Check::agreement)) return;
  session.carried_out(Check::agreement);
  session.compare_runs(Check::agreement, *session.first(), session.subject().variant, run,
                       baseline->variant);
}

}  // namespace mlacheck
