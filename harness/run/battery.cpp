#include "harness/run/battery.hpp"

#include <algorithm>

#include "harness/run/execute.hpp"

namespace mlacheck {
namespace {

class Battery {
 public:
  Battery(const OpEntry& op, const Case& c, const Subject& subject, Backend& backend)
      : op_(op),
        case_(c),
        subject_(subject),
        backend_(backend),
        problem_(op.model->materialise(c, subject.variant)) {}

  CaseResult run(const Subject* baseline) {
    const bool usable = poison_runs();
    if (usable) {
      against_oracle();
      layout_twin();
      if (baseline != nullptr) against_baseline(*baseline);
    }
    result_.verdict = decide(result_.evidence);
    return std::move(result_);
  }

 private:
  Evidence& evidence() { return result_.evidence; }

  void carried_out(Check check) {
    if (std::find(result_.checks.begin(), result_.checks.end(), check) == result_.checks.end()) {
      result_.checks.push_back(check);
    }
  }

  void find(Check check, std::string text) {
    evidence().findings.push_back({check, std::move(text)});
  }

  // Takes over findings and errors of one run; true if its outputs can be looked at.
  bool accept(Run& run, const std::string& which) {
    if (!run.harness_error.empty()) {
      evidence().harness_error = run.harness_error;
      return false;
    }
    for (Finding& finding : run.findings) {
      finding.text += " (" + which + ")";
      evidence().findings.push_back(std::move(finding));
    }
    if (run.status.code() == StatusCode::unsupported) {
      evidence().skip_reason = run.status.message();
      return false;
    }
    if (!run.status.ok()) {
      find(Check::refusal, "an admissible call failed (" + which + "): " + run.status.message());
      return false;
    }
    evidence().executed = true;
    if (!run.receipt) find(Check::refusal, "no receipt: blocks are missing (" + which + ")");
    return true;
  }

  // K3 and K5. The first run also serves the other checks.
  bool poison_runs() {
    first_ = execute(subject_, problem_, backend_, Poison::ones);
    if (!accept(first_, "poison 0xFF")) return false;
    Run second = execute(subject_, problem_, backend_, Poison::junk);
    if (!accept(second, "poison 0x5A")) return false;
    carried_out(Check::canary);
    carried_out(Check::poison);
    evidence().receipt = first_.receipt && second.receipt;
    compare_runs(Check::poison, problem_, first_, problem_, second, "poison 0xFF", "poison 0x5A");
    return true;
  }

  // Bit equality of the live cells of all outputs, matched by name.
  void compare_runs(Check check, const Problem& one, const Run& run_one, const Problem& two,
                    const Run& run_two, const std::string& name_one, const std::string& name_two) {
    for (std::size_t i = 0; i < one.operands.size(); ++i) {
      const Operand& operand = one.operands[i];
      if (operand.access == Access::input) continue;
      const auto& other = two.operands;
      const auto found = std::find_if(other.begin(), other.end(), [&](const Operand& candidate) {
        return candidate.name == operand.name;
      });
      if (found == other.end() || found->layout.shape != operand.layout.shape) {
        evidence().harness_error =
            "operand " + operand.name + " differs between " + name_one + " and " + name_two;
        return;
      }
      const auto k = static_cast<std::size_t>(found - other.begin());
      Comparison comparison =
          compare_bitwise(operand, run_one.outputs[i], run_two.outputs[k], name_one, name_two);
      if (comparison.failures > 0) find(check, std::move(comparison.report));
    }
  }

  // K1 or K7, and the trust guard.
  void against_oracle() {
    const Check check = op_.model->has_edge_values(case_) ? Check::edge : Check::shapes;
    carried_out(check);
    carried_out(Check::trust);
    expectation_ = op_.oracle->expect(problem_);
    result_.rule = expectation_.rule;
    compare_with_expectation(check, problem_, first_);
  }

  void compare_with_expectation(Check check, const Problem& problem, const Run& run) {
    for (const ExpectedTensor& expected : expectation_.outputs) {
      const Operand* operand = problem.find(expected.operand);
      const auto count = operand == nullptr ? 0 : operand->layout.elements();
      if (operand == nullptr || static_cast<std::int64_t>(expected.value.size()) != count ||
          static_cast<std::int64_t>(expected.bound.size()) != count) {
        evidence().harness_error =
            "the oracle's answer for " + expected.operand + " does not fit the problem";
        return;
      }
      const auto index = static_cast<std::size_t>(operand - problem.operands.data());
      Comparison comparison = compare_with_oracle(*operand, expected, run.outputs[index]);
      evidence().compared += comparison.compared;
      result_.worst_ratio = std::max(result_.worst_ratio, comparison.worst_ratio);
      for (std::size_t bin = 0; bin < comparison.ratios.size(); ++bin) {
        result_.ratios[bin] += comparison.ratios[bin];
      }
      if (comparison.failures > 0) find(check, std::move(comparison.report));
      if (comparison.vacuous) {
        find(Check::trust, expected.operand + ": every bound is wider than every expected value");
      }
      if (comparison.constant && !constant_expected(*operand, expected)) {
        find(Check::trust, expected.operand + ": the output is one constant");
      }
    }
  }

  // A constant output is no reason for mistrust where the exact answer is that constant.
  static bool constant_expected(const Operand& operand, const ExpectedTensor& expected) {
    std::uint32_t bits = 0;
    bool first = true;
    for (std::size_t i = 0; i < expected.value.size(); ++i) {
      if (operand.cell(i) != Cell::live || expected.bound[i] == 0) continue;
      const std::uint32_t here = encode(operand.dtype, expected.value[i]);
      if (first) bits = here;
      first = false;
      if (here != bits) return false;
    }
    return true;
  }

  // K2.
  void layout_twin() {
    const Case twin = op_.model->layout_twin(case_);
    const Problem twin_problem = op_.model->materialise(twin, subject_.variant);
    Run run = execute(subject_, twin_problem, backend_, Poison::ones);
    if (!accept(run, "layout twin " + twin.line())) return;
    carried_out(Check::layout);
    if (subject_.agreement == Agreement::within_bound) {
      // Another layout may take another library kernel, which may round otherwise.
      compare_with_expectation(Check::layout, twin_problem, run);
      return;
    }
    compare_runs(Check::layout, problem_, first_, twin_problem, run, "this layout", "its twin");
  }

  // The property of the op's optimisation. `within_bound` variants have both met the oracle.
  void against_baseline(const Subject& baseline) {
    if (subject_.agreement == Agreement::within_bound) return;
    const Problem problem = op_.model->materialise(case_, baseline.variant);
    Run run = execute(baseline, problem, backend_, Poison::ones);
    if (!accept(run, "baseline " + baseline.variant)) return;
    carried_out(Check::agreement);
    compare_runs(Check::agreement, problem_, first_, problem, run, subject_.variant,
                 baseline.variant);
  }

  const OpEntry& op_;
  const Case& case_;
  const Subject& subject_;
  Backend& backend_;
  Problem problem_;
  Run first_;
  Expectation expectation_;
  CaseResult result_;
};

}  // namespace

CaseResult run_case(const OpEntry& op, const Case& c, const Subject& subject,
                    const Subject* baseline, Backend& backend) {
  return Battery(op, c, subject, backend).run(baseline);
}

}  // namespace mlacheck
