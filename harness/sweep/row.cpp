#include "harness/sweep/row.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "harness/domain/claimed_model.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool wanted(const std::vector<std::string>& filter, const std::string& name) {
  return filter.empty() || contains(filter, name);
}

void check_filter(const char* option, const std::vector<std::string>& filter,
                  const std::vector<std::string>& known, const std::vector<std::string>& shown) {
  for (const std::string& name : filter) {
    if (contains(known, name)) continue;
    throw std::invalid_argument(std::string(option) + " '" + excerpt(name) +
                                "': " + expected_one_of(name, shown));
  }
}

void check_names(const Selection& selection,
                 const std::vector<std::unique_ptr<Backend>>& backends) {
  std::vector<std::string> ops_known;
  std::vector<std::string> backends_known;
  std::vector<std::string> variants_known;
  std::vector<std::string> variants_of_chosen;
  const auto add = [](std::vector<std::string>& known, const std::string& name) {
    if (!contains(known, name)) known.push_back(name);
  };
  for (const auto& backend : backends) backends_known.push_back(backend->name());
  for (const SubjectTable& table : subject_tables()) {
    add(ops_known, table.op);
    for (const Subject& subject : table.subjects) {
      add(variants_known, subject.variant);
      if (wanted(selection.ops, table.op)) add(variants_of_chosen, subject.variant);
    }
  }
  check_filter("op", selection.ops, ops_known, ops_known);
  check_filter("backend", selection.backends, backends_known, backends_known);
  check_filter("variant", selection.variants, variants_known, variants_of_chosen);
  check_filter("variant", selection.without, variants_known, variants_of_chosen);
}

// Foreign machine code may run on the host's processor: no reader may take the row for a device's.
std::string device_of(const SubjectTable& table, const Backend& backend) {
  const std::string device = backend.device();
  return table.machine.empty() ? device : table.machine + " on " + device;
}

void add_rows(std::vector<Row>& rows, const OpEntry& op, const SubjectTable& table,
              const Backend& backend, const Selection& selection) {
  for (const Subject& subject : table.subjects) {
    if (!wanted(selection.variants, subject.variant)) continue;
    if (contains(selection.without, subject.variant)) continue;
    rows.push_back({&op, &table, subject, backend.name(), device_of(table, backend)});
    limit(rows.back(), selection.where);
  }
}

// The subject's own terms were checked when it was entered.
Domain domain_of(const Row& row, const std::string& where) {
  try {
    return Domain(row.subject.domain + " " + where, *row.op->model);
  } catch (const std::invalid_argument& unusable) {
    throw std::invalid_argument(std::string("--where: ") + unusable.what());
  }
}

}  // namespace

Backend& backend_named(const std::vector<std::unique_ptr<Backend>>& backends,
                       const std::string& name) {
  for (const auto& backend : backends) {
    if (backend->name() == name) return *backend;
  }
  throw std::logic_error("no backend is called " + name);
}

std::string reason_to_skip(const Row& row, const Backend& backend) {
  std::string reason = backend.unavailable();
  if (reason.empty() && row.subject.unavailable != nullptr) reason = row.subject.unavailable();
  return reason;
}

void limit(Row& row, const std::string& where) {
  Domain domain = domain_of(row, where);
  row.where = where;
  row.domain = domain.text();
  row.listed = domain.listed_values();
  row.claimed = domain.whole() ? nullptr : claimed_model(*row.op->model, std::move(domain));
}

const Subject* baseline_of(const Row& row) { return baseline_of(*row.table, row.subject); }

std::vector<Row> select_rows(const Selection& selection,
                             const std::vector<std::unique_ptr<Backend>>& backends) {
  check_names(selection, backends);
  std::vector<Row> rows;
  for (const OpEntry& op : ops()) {
    const std::string& name = op.model->schema().op;
    if (!wanted(selection.ops, name)) continue;
    for (const auto& backend : backends) {
      if (!wanted(selection.backends, backend->name())) continue;
      for (const SubjectTable& table : subject_tables()) {
        if (table.op != name || table.backend != backend->name()) continue;
        if (wanted(selection.origins, table.origin)) add_rows(rows, op, table, *backend, selection);
      }
    }
  }
  return rows;
}

}  // namespace mlacheck
