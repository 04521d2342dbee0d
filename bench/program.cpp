#include "bench/program.hpp"

#include <algorithm>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "harness/subjects/ops.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/text/text.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck::bench {

bool is_cpu(const std::string& backend) { return backend.starts_with("cpu"); }

Choice::Choice(const std::string& op) : backends(make_backends()) {
  for (const auto& backend : backends) {
    const auto has_op = [&](const SubjectTable& table) {
      return table.backend == backend->name() && table.op == op;
    };
    if (std::ranges::any_of(subject_tables(), has_op)) names.push_back(backend->name());
  }
}

std::string Choice::by_default() const {
  return is_cpu(names.back()) ? names.front() : names.back();
}

int with_backend(const std::string& program, const Choice& choice, const std::string& wanted,
                 const std::function<int(Backend&)>& use) {
  for (const auto& backend : choice.backends) {
    if (backend->name() != wanted) continue;
    if (const std::string reason = backend->unavailable(); !reason.empty()) {
      std::cerr << program << ": " << wanted << ": " << reason << '\n';
      return kExitSkipped;
    }
    return use(*backend);
  }
  throw std::invalid_argument("--backend '" + excerpt(wanted) +
                              "': " + expected_one_of(wanted, choice.names));
}

int run_program(const std::string& program, const std::function<int()>& run) {
  try {
    return run();
  } catch (const std::invalid_argument& error) {
    std::cerr << program << ": " << error.what() << '\n';
    return kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << program << ": " << error.what() << '\n';
    return kExitFailed;
  }
}

}  // namespace mlacheck::bench
