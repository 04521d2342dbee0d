#include "harness/study/devices.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "harness/checks/conventions.hpp"
#include "harness/compare/compare.hpp"
#include "harness/environment/interrupt.hpp"
#include "harness/execute/execute.hpp"
#include "harness/op/random.hpp"
#include "harness/study/columns.hpp"
#include "harness/subjects/subjects.hpp"

namespace mlacheck {
namespace {

// Where a variant is bundled and can run, in the order of the backends.
std::vector<Placed> places_of(const std::string& op, const std::string& variant,
                              const std::vector<std::unique_ptr<Backend>>& backends) {
  std::vector<Placed> places;
  for (const std::unique_ptr<Backend>& backend : backends) {
    if (!backend->unavailable().empty()) continue;
    for (const SubjectTable& table : subject_tables()) {
      if (table.op != op || table.backend != backend->name() || !table.origin.empty()) continue;
      const Subject* const subject = find_subject(table, variant);
      if (subject != nullptr) places.push_back({subject, backend.get()});
    }
  }
  return places;
}

// Each once, in the order of the tables.
std::vector<std::string> variants_of(const std::string& op) {
  std::vector<std::string> variants;
  for (const SubjectTable& table : subject_tables()) {
    if (table.op != op || !table.origin.empty()) continue;
    for (const Subject& subject : table.subjects) {
      if (std::ranges::find(variants, subject.variant) == variants.end()) {
        variants.push_back(subject.variant);
      }
    }
  }
  return variants;
}

// All NaNs count as equal: an op does not promise their bits.
std::vector<std::uint32_t> with_one_nan(const Operand& operand, std::vector<std::uint32_t> bits) {
  if (operand.dtype == DType::i32 || operand.dtype == DType::u8) return bits;
  const std::uint32_t nan = encode(operand.dtype, std::numeric_limits<double>::quiet_NaN());
  for (std::uint32_t& element : bits) {
    if (std::isnan(decode(operand.dtype, element))) element = nan;
  }
  return bits;
}

// What differs, or nothing.
std::string difference(const Problem& problem, const Run& one, const std::string& name_one,
                       const Run& two, const std::string& name_two) {
  for (std::size_t i = 0; i < problem.operands.size(); ++i) {
    const Operand& operand = problem.operands[i];
    if (operand.access == Access::input) continue;
    const Comparison compared =
        compare_bitwise(operand, with_one_nan(operand, one.outputs[i]),
                        with_one_nan(operand, two.outputs[i]), name_one, name_two);
    if (compared.failures > 0) return compared.report;
  }
  return {};
}

// Nothing if the subject declines the case there.
std::optional<Run> run_at(const Placed& place, const Problem& problem, DeviceRow& row) {
  Run run = execute(*place.subject, problem, *place.backend, Poison::ones);
  if (!run.harness_error.empty()) row.error = run.harness_error;
  if (run.status.code() == StatusCode::unsupported) return std::nullopt;
  if (row.error.empty() && !run.status.ok()) row.error = run.status.message();
  if (row.error.empty() && !run.findings.empty()) row.error = run.findings.front().text;
  if (!row.error.empty()) return std::nullopt;
  return run;
}

void compare_case(const OpEntry& op, const Case& c, const Placed& one, const Placed& two,
                  DeviceRow& row) {
  const Problem problem = under_conventions(op.model->materialise(c, row.variant), *one.subject);
  if (!outside_conventions(problem, *one.subject).empty()) return;
  const std::optional<Run> first = run_at(one, problem, row);
  const std::optional<Run> second = first ? run_at(two, problem, row) : std::nullopt;
  if (!second) {
    if (!row.error.empty()) row.error += "\n  in " + c.line();
    return;
  }
  const bool promised = op.model->same_bits_on_devices(c);
  ++row.cases;
  row.promised += promised ? 1 : 0;
  const std::string text = difference(problem, *first, row.other, *second, row.backend);
  if (text.empty()) return;
  ++row.different;
  if (!promised) return;
  if (row.broken++ == 0) row.first_broken = c.line() + "\n" + text;
}

}  // namespace

DeviceRow compare_placed(const OpEntry& op, const Placed& one, const Placed& two,
                         std::int64_t cases, std::uint64_t seed) {
  DeviceRow row;
  row.op = op.model->schema().op;
  row.variant = one.subject->variant;
  row.other = one.backend->name();
  row.backend = two.backend->name();
  Random random(seed, stream_of(row.op));  // the same cases for all variants
  for (std::int64_t i = 0; i < cases && row.error.empty() && interrupted_by() == 0; ++i) {
    compare_case(op, op.model->generate(random, {}), one, two, row);
  }
  return row;
}

std::vector<DeviceRow> compare_devices(const OpEntry& op, std::int64_t cases, std::uint64_t seed,
                                       const std::vector<std::unique_ptr<Backend>>& backends) {
  const std::string& name = op.model->schema().op;
  std::vector<DeviceRow> rows;
  for (const std::string& variant : variants_of(name)) {
    const std::vector<Placed> places = places_of(name, variant, backends);
    for (std::size_t k = 1; k < places.size(); ++k) {
      rows.push_back(compare_placed(op, places[0], places[k], cases, seed));
    }
  }
  return rows;
}

std::string render_devices(const std::vector<DeviceRow>& rows) {
  std::string text = padded("op", 17) + padded("variant", 15) + padded("devices", 18) +
                     " cases promised differ broken\n";
  for (const DeviceRow& row : rows) {
    text += padded(row.op, 17) + padded(row.variant, 15) +
            padded(row.other + " " + row.backend, 18) +
            right_aligned(std::to_string(row.cases), 6) +
            right_aligned(std::to_string(row.promised), 9) +
            right_aligned(std::to_string(row.different), 7) +
            right_aligned(std::to_string(row.broken), 7) + "\n";
    if (!row.first_broken.empty()) text += "  " + row.first_broken + "\n";
    if (!row.error.empty()) text += "  not compared further: " + row.error + "\n";
  }
  return text;
}

}  // namespace mlacheck
