#include "harness/cli/case_argument.hpp"

#include <iostream>

#include "harness/subjects/ops.hpp"

namespace mlacheck {

std::optional<Case> case_argument(const std::string& line) {
  const ParsedCase parsed = parse_case(line, all_schemas());
  if (const auto* error = std::get_if<std::string>(&parsed)) {
    std::cerr << "mlacheck: " << *error << '\n';
    return std::nullopt;
  }
  const Case& c = std::get<Case>(parsed);
  const std::string reason = find_op(c.op())->model->inadmissible(c);
  if (!reason.empty()) {
    std::cerr << "mlacheck: case " << c.line() << " is outside the contract: " << reason << '\n';
    return std::nullopt;
  }
  return c;
}

}  // namespace mlacheck
