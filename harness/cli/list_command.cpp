#include <algorithm>
#include <iostream>
#include <memory>

#include "harness/arguments/help.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/isolation.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/subjects/bundled_cases.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

constexpr std::size_t kColumn = 28;  // column of the text that says what a field means and may be

std::string values_of(const Field& field) {
  std::string text;
  switch (field.kind) {
    case Field::Kind::integer:
      return std::to_string(field.fallback) + " (" + std::to_string(field.minimum) + " to " +
             std::to_string(field.maximum) + ")";
    case Field::Kind::choice:
      for (const std::string& choice : field.choices) text += (text.empty() ? "" : " ") + choice;
      return text;
    case Field::Kind::list:
      for (int i = 0; i < field.arity; ++i) text += i == 0 ? "[n" : ":n";
      return text + ",...], n from " + std::to_string(field.minimum) + " to " +
             std::to_string(field.maximum);
  }
  return text;
}

void print_named(const std::string& what, const std::string& text) {
  std::string name = "    " + what;
  name.resize(std::max(name.size() + 1, kColumn), ' ');
  std::cout << name << in_columns(text, name.size()) << '\n';
}

void print_variant(const Row& row) {
  std::string text = printable_line(row.subject.variant) + " on " + row.backend;
  if (!row.subject.baseline.empty()) {
    text +=
        row.subject.agreement == Agreement::bitwise ? ", bit-equal to " : ", within the bound as ";
    text += printable_line(row.subject.baseline);
    if (row.subject.agreement == Agreement::self_bitwise) text += ", bit-equal to itself";
  }
  if (!row.domain.empty()) text += "; domain: " + row.domain;
  std::cout << "    " << in_columns(text, 6) << '\n';
}

void print_op(const OpEntry& op, const std::vector<Row>& rows, bool required) {
  const Schema& schema = op.model->schema();
  std::cout << "\n" << schema.op << "\n  variants\n";
  for (const Row& row : rows) {
    if (row.op == &op) print_variant(row);
  }
  std::cout << "  fields of a case: meaning, simplest value first\n";
  for (const Field& field : schema.fields) {
    print_named(field.name, field.about + ": " + values_of(field));
  }
  std::cout << "  preconditions, as terms of --where\n";
  for (const Schema::Precondition& precondition : schema.preconditions) {
    print_named(precondition.name, precondition.about);
  }
  print_named("finite_dead_values", "what must not matter is no NaN and no infinity");
  const std::vector<Case>& cases = required_cases(schema.op);
  std::cout << "  required cases: " << cases.size()
            << (required ? "\n" : "; --required lists them\n");
  if (!required) return;
  for (const Case& c : cases) std::cout << "    " << c.line() << '\n';
}

constexpr const char* kExamples = R"(Examples:
  mlacheck list
  mlacheck list --op merge_states --op mla_decode
  mlacheck list --op mla_decode --required)";

struct Options {
  Isolation isolation;
  std::vector<std::string> ops;
  bool required = false;
};

int run(const Options& given) {
  enter_libraries(given.isolation);
  const auto backends = make_backends();
  Selection selection;
  selection.ops = given.ops;
  const std::vector<Row> rows = select_rows(selection, backends);
  std::cout << "backends\n";
  for (const auto& backend : backends) {
    const std::string reason = backend->unavailable();
    const std::string text =
        backend->name() + ": " + (reason.empty() ? backend->device() : "SKIPPED, " + reason);
    std::cout << "  " << in_columns(printable_line(text), 4) << '\n';
  }
  for (const OpEntry& op : ops()) {
    const bool wanted = given.ops.empty() || std::find(given.ops.begin(), given.ops.end(),
                                                       op.model->schema().op) != given.ops.end();
    if (wanted) print_op(op, rows, given.required);
  }
  return kExitPassed;
}

}  // namespace

void list_command(CLI::App& app, int& status) {
  const auto given = std::make_shared<Options>();
  CLI::App& command = add_command(
      app, "list", "Shows ops, variants, backends and the fields of a case",
      help_footer(kExamples, {.passed = "listed", .skips = false, .interruptible = false}));
  add_repeatable(command, "--op", "OP", given->ops, "Only this op");
  command.add_flag("--required", given->required,
                   "Also each required case, one a line (the lines may be long)");
  add_repeatable(command, "--subject", "LIBRARY", given->isolation.plugins,
                 "Also the subjects of this shared library or Python path");
  add_loading(command, given->isolation);
  command.callback([given, &status] { status = run(*given); });
}

}  // namespace mlacheck
