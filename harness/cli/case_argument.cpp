#include "harness/cli/case_argument.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "harness/case/case_file.hpp"
#include "harness/subjects/ops.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {

Case case_argument(const std::string& line) {
  ParsedCase parsed = parse_case(line, all_schemas());
  if (const auto* error = std::get_if<std::string>(&parsed)) throw std::invalid_argument(*error);
  Case c = std::get<Case>(std::move(parsed));
  if (const std::string reason = objection_to(c); !reason.empty()) {
    throw std::invalid_argument("case " + c.line() + " is " + reason);
  }
  return c;
}

namespace {

constexpr std::streamsize kMostBytes = 1 << 24;

}  // namespace

std::string text_of_file(const std::string& option, const std::string& path,
                         const std::string& expected) {
  const auto refuse = [&](const std::string& reason) {
    throw std::invalid_argument(option + " " + printable_line(path) + ": " + reason +
                                ", expected a file of " + expected);
  };
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) refuse("is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(std::generic_category().message(errno));
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), kMostBytes + 1);
  if (file.bad()) refuse("could not be read");
  if (file.gcount() > kMostBytes) refuse("is longer than 16 MiB");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::vector<Case> cases_file_argument(const std::string& path) {
  const std::string text = text_of_file("--cases-file", path, "case lines");
  const Schema* first = nullptr;
  const auto objection = [&](const Case& c) {
    if (first == nullptr) first = &c.schema();
    if (&c.schema() != first) return "expected one of " + first->op + ", as the first";
    return objection_to(c);
  };
  ParsedCases parsed =
      parse_case_file(printable_line(path), lines_of(text), all_schemas(), objection);
  if (const auto* reason = std::get_if<std::string>(&parsed)) throw std::invalid_argument(*reason);
  return std::get<std::vector<Case>>(std::move(parsed));
}

}  // namespace mlacheck
