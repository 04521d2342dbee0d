#include "harness/checks/session.hpp"

#include <algorithm>
#include <utility>

#include "harness/checks/conventions.hpp"
#include "harness/checks/findings_so_far.hpp"
#include "harness/environment/progress.hpp"
#include "harness/memory/poison.hpp"
#include "harness/verdict/choice.hpp"

namespace mlacheck {
namespace {

// A constant output is no reason for mistrust where the exact answers are as good as constant: a
// few units in the last place apart. Bounds do not come into it, they may be what is wrong.
bool constant_expected(const Operand& operand, const ExpectedTensor& expected) {
  constexpr std::int64_t kUlps = 4;
  std::optional<std::uint32_t> lowest;
  std::optional<std::uint32_t> highest;
  const auto below = [&](std::uint32_t a, std::uint32_t b) {
    return ulp_distance(operand.dtype, a, b) < 0;
  };
  for (std::size_t i = 0; i < expected.value.size(); ++i) {
    if (operand.cell(i) != Cell::live || expected.bound[i] == 0) continue;
    const std::uint32_t here = encode(operand.dtype, expected.value[i]);
    if (!lowest || below(here, *lowest)) lowest = here;
    if (!highest || below(*highest, here)) highest = here;
  }
  return !lowest || ulp_distance(operand.dtype, *highest, *lowest) <= kUlps;
}

}  // namespace

Session::Session(const SessionInput& input, const BatteryOptions& options)
    : input_(input), options_(options), problem_(materialise(input.c)) {}

bool Session::satisfied(std::size_t before) const {
  const std::vector<Finding>& findings = result_.evidence.findings;
  if (!options_.until) return findings.size() > before;
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) { return options_.until->met_by(finding); });
}

Problem Session::materialise(const Case& c) const {
  return under_conventions(input_.model.materialise(c, input_.subject.contract_name()),
                           input_.subject);
}

const Run* Session::first() {
  if (!first_) {
    first_ = execute(problem_, RunOptions::poisoned(Poison::ones));
    first_usable_ = accept_first(*first_);
  }
  return first_usable_ ? &*first_ : nullptr;
}

Run& Session::second() {
  if (!second_) second_ = execute(problem_, RunOptions::poisoned(Poison::junk));
  return *second_;
}

std::vector<std::int64_t> Session::choices(Check check) const {
  constexpr std::int64_t kMore = 8;
  std::vector<std::int64_t> numbers;
  for (const Choice& choice : options().choices) {
    if (choice.check == check) numbers.push_back(choice.number);
  }
  if (numbers.empty()) numbers.push_back(options().turn);
  for (std::int64_t number = 0; options().thorough && number < kMore; ++number) {
    if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

const Expectation& Session::expectation() {
  if (!expectation_) expectation_ = expect(problem_);
  return *expectation_;
}

Expectation Session::expect(const Problem& problem) const {
  Expectation expectation = input_.oracle.expect(problem);
  to_units_of(expectation, problem);
  return expectation;
}

Run Session::execute(const Problem& problem, const RunOptions& options) const {
  return mlacheck::execute(input_.subject, problem, input_.backend, options);
}

void Session::take_over(Run& run, const std::string& which) {
  for (Finding& finding : run.findings) {
    // A finding that every run repeats is counted once, for the first run.
    if (!seen_in_runs_.insert(std::string(name_of(finding.check)) + finding.text).second) continue;
    finding.text += " (" + which + ")";
    finding.choice = choice_;
    evidence().findings.push_back(std::move(finding));
    note_findings(result_);
  }
  lost_ = lost_ || run.fault;
}

void Session::give_up(Run& run, const std::string& which) {
  evidence().harness_error = run.harness_error;
  // If the call changed the process, that explains why the harness could not go on.
  std::erase_if(run.findings, [](const Finding& f) { return f.kind != "environment"; });
  take_over(run, which);
}

bool Session::succeeded(const Run& run, const std::string& which) {
  carried_out(Check::liveness);
  if (!run.status.ok()) {
    const auto kind = [&]() -> const char* {
      if (run.fault) return "fault";
      switch (run.status.code()) {
        case StatusCode::invalid_argument:
          return "refused";
        case StatusCode::compile_failed:
          return "compile error";
        case StatusCode::out_of_memory:
          return "memory";
        default:
          return "launch";
      }
    };
    report(Check::liveness, "an admissible call failed (" + which + "): " + run.status.message(),
           {}, kind());
    return false;
  }
  evidence().executed = true;
  if (!run.receipt) {
    report(Check::liveness, "no receipt: blocks are missing (" + which + ")", {}, "receipt");
  }
  return true;
}

bool Session::observe(Run& run, const std::string& which) {
  if (!run.harness_error.empty()) {
    give_up(run, which);
    return false;
  }
  take_over(run, which);
  if (run.fault) succeeded(run, which);
  return !run.fault;
}

bool Session::taken_over(Run& run, const std::string& which) {
  if (!run.harness_error.empty()) {
    give_up(run, which);
    return false;
  }
  take_over(run, which);
  return true;
}

bool Session::accept_first(Run& run) {
  const std::string which = "poison 0xFF";
  if (!taken_over(run, which)) return false;
  if (run.status.code() == StatusCode::unsupported) {
    evidence().skip_reason = run.status.message();
    return false;
  }
  return succeeded(run, which);
}

bool Session::accept(Run& run, const std::string& which, Check check) {
  if (!taken_over(run, which)) return false;
  if (run.status.code() == StatusCode::unsupported) {
    leave_out(check, run.status.message());
    return false;
  }
  return succeeded(run, which);
}

bool Session::accept_again(Run& run, const std::string& which) {
  if (!taken_over(run, which)) return false;
  if (run.status.code() == StatusCode::unsupported) {
    carried_out(Check::liveness);
    report(Check::liveness,
           "the call was taken before and is declined now (" + which + "): " + run.status.message(),
           {}, "declined");
    return false;
  }
  return succeeded(run, which);
}

void Session::leave_out(Check check, const std::string& reason) {
  const LeftOut left_out{check, reason};
  auto& all = evidence().left_out;
  if (std::find(all.begin(), all.end(), left_out) == all.end()) all.push_back(left_out);
}

void Session::attempt(const Choice& choice, const std::string& unit) {
  set_choice(choice);
  note_progress(unit + ", " + text_of(choice));
}

void Session::carried_out(Check check) {
  auto& checks = result_.checks;
  if (std::find(checks.begin(), checks.end(), check) == checks.end()) checks.push_back(check);
}

Finding& Session::report(Check check, std::string text, std::string operand, std::string kind) {
  Finding& finding =
      evidence().findings.emplace_back(check, std::move(text), std::move(operand), std::move(kind));
  finding.choice = choice_;
  note_findings(result_);
  return finding;
}

Unwritten Session::unwritten(std::size_t operand, const Run& run) {
  const Operand& of = problem_.operands[operand];
  const std::uint32_t ones = poison_bits(of.dtype, Poison::ones);
  const std::uint32_t junk = poison_bits(of.dtype, Poison::junk);
  const auto& bits = run.outputs[operand];
  if (of.access == Access::input || std::find(bits.begin(), bits.end(), ones) == bits.end()) {
    return {};
  }
  // A computed result may look like the poison; under both of them it cannot.
  const auto& other = second().outputs;
  if (operand >= other.size() || other[operand].size() != bits.size()) return {};
  Unwritten result;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    result.elements.push_back(bits[i] == ones && other[operand][i] == junk);
  }
  return result;
}

bool Session::compare_runs(Check check, const Run& one, const std::string& name_one, const Run& two,
                           const std::string& name_two) {
  bool equal = true;
  for (std::size_t i = 0; i < one.problem->operands.size(); ++i) {
    const Operand& operand = one.problem->operands[i];
    if (operand.access == Access::input) continue;
    const Operand* const other = two.problem->find(operand.name);
    if (other == nullptr || other->layout.shape != operand.layout.shape) {
      evidence().harness_error =
          "operand " + operand.name + " differs between " + name_one + " and " + name_two;
      return false;
    }
    const auto compare = [&](const Unwritten& unwritten) {
      return compare_bitwise(operand, one.outputs[i], two.bits(operand.name), name_one, name_two,
                             unwritten);
    };
    Comparison comparison = compare({});
    if (comparison.failures == 0) continue;
    equal = false;
    if (first_ && &one == &*first_) {
      Unwritten never = unwritten(i, one);
      never.both = second_ && &two == &*second_;
      comparison = compare(never);
    }
    report(check, std::move(comparison.report), operand.name,
           comparison.only_unwritten ? "unwritten" : "value");
  }
  return equal;
}

void Session::compare_with(Check check, const Expectation& expectation, const Run& run) {
  for (const ExpectedTensor& expected : settled(expectation, run.outputs)) {
    const Operand* operand = run.problem->find(expected.operand);
    const auto count = operand == nullptr ? 0 : operand->layout.elements();
    if (operand == nullptr || static_cast<std::int64_t>(expected.value.size()) != count ||
        static_cast<std::int64_t>(expected.bound.size()) != count) {
      evidence().harness_error =
          "the oracle's answer for " + expected.operand + " does not fit the problem";
      return;
    }
    const std::size_t index = run.problem->index_of(expected.operand);
    Comparison comparison = compare_with_oracle(*operand, expected, run.outputs[index]);
    if (comparison.failures > 0 && first_ && &run == &*first_) {
      comparison =
          compare_with_oracle(*operand, expected, run.outputs[index], unwritten(index, run));
    }
    evidence().compared += comparison.compared;
    result_.worst_ratio = std::max(result_.worst_ratio, comparison.worst_ratio);
    for (std::size_t bin = 0; bin < comparison.ratios.size(); ++bin) {
      result_.ratios[bin] += comparison.ratios[bin];
    }
    if (comparison.failures > 0) {
      report(check, std::move(comparison.report), expected.operand,
             comparison.only_unwritten ? "unwritten" : "value");
    }
    if (comparison.vacuous) {
      report(Check::trust,
             expected.operand + ": half of the bounds or more are wider than every expected value",
             expected.operand, "vacuous");
    }
    if (comparison.constant && !constant_expected(*operand, expected)) {
      report(Check::trust, expected.operand + ": the output is one constant", expected.operand,
             "constant");
    }
  }
}

CaseResult Session::finish() {
  if (expectation_) result_.rule = expectation_->rule;
  result_.evidence.receipt = first_usable_ && first_->receipt;
  result_.verdict = decide(result_.evidence);
  return std::move(result_);
}

}  // namespace mlacheck
