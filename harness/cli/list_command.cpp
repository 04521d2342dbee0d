#include <iostream>

#include "harness/cli/commands.hpp"

namespace mlacheck {
namespace {

void print_field(const Field& field) {
  std::cout << "    " << field.name;
  switch (field.kind) {
    case Field::Kind::integer:
      std::cout << " = " << field.fallback << " (" << field.minimum << ".." << field.maximum << ")";
      break;
    case Field::Kind::choice:
      std::cout << " =";
      for (const std::string& choice : field.choices) std::cout << ' ' << choice;
      break;
    case Field::Kind::list:
      std::cout << " = [";
      for (int i = 0; i < field.arity; ++i) std::cout << (i == 0 ? "" : ":") << 'n';
      std::cout << ", ...], n in " << field.minimum << ".." << field.maximum;
      break;
  }
  std::cout << '\n';
}

}  // namespace

int list_command() {
  const auto backends = make_backends();
  std::cout << "backends\n";
  for (const auto& backend : backends) {
    const std::string reason = backend->unavailable();
    std::cout << "  " << backend->name() << ": "
              << (reason.empty() ? backend->device() : "SKIPPED, " + reason) << '\n';
  }
  std::vector<SweepRow> rows = select_rows({}, backends);
  for (const OpEntry& op : ops()) {
    const Schema& schema = op.model->schema();
    std::cout << "\n" << schema.op << "\n  variants:";
    for (const SweepRow& row : rows) {
      if (row.op != &op) continue;
      std::cout << "\n    " << row.backend << ' ' << row.subject.variant;
      if (!row.subject.baseline.empty()) {
        std::cout << (row.subject.agreement == Agreement::bitwise ? ", bit-equal to "
                                                                  : ", within the bound as ")
                  << row.subject.baseline;
      }
    }
    std::cout << "\n  fields of a case, simplest value first:\n";
    for (const Field& field : schema.fields) print_field(field);
    std::cout << "  required cases:\n";
    for (const Case& c : op.model->required_cases()) std::cout << "    " << c.line() << '\n';
  }
  return kExitPassed;
}

}  // namespace mlacheck
