#include "harness/subjects/bundled_cases.hpp"

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include "harness/case/case_file.hpp"
#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

std::vector<Case> parsed(const OpEntry& op, const CaseText& file) {
  ParsedCases cases = parse_case_file(file.path, file.lines, {&op.model->schema()}, &objection_to);
  if (const auto* const reason = std::get_if<std::string>(&cases)) throw std::logic_error(*reason);
  return std::get<std::vector<Case>>(std::move(cases));
}

std::vector<Case> cases_in(std::string_view op, const std::string& path) {
  const OpEntry* const entry = find_op(op);
  if (entry == nullptr) return {};
  for (const CaseText& file : case_texts()) {
    if (file.path == path) return parsed(*entry, file);
  }
  return {};
}

// Each file is parsed once. A place in the map stays where it is, whatever is added.
const std::vector<Case>& kept_cases(std::string_view op, const char* file) {
  static std::mutex mutex;
  static std::map<std::string, std::vector<Case>> kept;
  const std::string path = "properties/" + std::string(op) + "/" + file;
  const std::scoped_lock lock(mutex);
  const auto found = kept.find(path);
  if (found != kept.end()) return found->second;
  return kept.emplace(path, cases_in(op, path)).first->second;
}

}  // namespace

const std::vector<Case>& required_cases(std::string_view op) {
  return kept_cases(op, "required.cases");
}

const std::vector<Case>& peer_cases(std::string_view op) { return kept_cases(op, "peer.cases"); }

}  // namespace mlacheck
