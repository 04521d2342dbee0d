// Bundled subjects with something done to each call: how the tests of checks plant a defect.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/sweep/battery.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck::wrapped {

/// The variants of `op` on cpu.w32.
inline const SubjectTable& table_of(const std::string& op) {
  for (const SubjectTable& table : subject_tables()) {
    if (table.op == op && table.backend == "cpu.w32") return table;
  }
  throw std::out_of_range("no subjects of op " + op);
}

inline const Subject& subject_of(const std::string& op, const std::string& variant) {
  if (const Subject* const found = find_subject(op, "cpu.w32", variant)) return *found;
  throw std::out_of_range("no variant " + variant + " of op " + op);
}

/// Runs after the subject, on the CPU and so on finished work.
using Aftermath = std::function<void(const Call&, LaunchContext&)>;

/// Goes through the whole battery, whatever the first checks find, as case number `turn` of a sweep.
inline CaseResult run_with(const Case& c, const std::string& variant, const Aftermath& aftermath,
                           std::int64_t turn = 0) {
  Subject subject = subject_of(c.op(), variant);
  const auto run = subject.run;
  subject.run = [run, aftermath](const Call& call, LaunchContext& context) -> Status {
    Status status = run(call, context);
    if (status.ok()) aftermath(call, context);
    return status;
  };
  const auto backend = make_cpu_backend(32);
  return run_case(*find_op(c.op()), c, subject, nullptr, *backend,
                  {.stop_at_first = false, .turn = turn});
}

inline bool carried_out(const CaseResult& result, Check check) {
  return std::find(result.checks.begin(), result.checks.end(), check) != result.checks.end();
}

/// A few cases of an op; `wanted` picks.
inline std::vector<Case> drawn_cases(const std::string& op, int count,
                                     const std::function<bool(const Case&)>& wanted = nullptr) {
  return testing_support::drawn_cases(*find_op(op)->model, count, wanted, 4);
}

}  // namespace mlacheck::wrapped
