#include "harness/checks/neighbours.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace mlacheck {
namespace {

using Entries = std::vector<std::int64_t>;

// One number of each entry of a list, the entries being tuples of `arity` numbers.
class Column {
 public:
  Column(const Field& field, const Entries& entries, std::size_t column)
      : field_(&field), entries_(entries), first_(column) {}

  // All as short as can be, the longest too unless `keep_longest`.
  Entries shortened(bool keep_longest, Random& random) const {
    Entries result = entries_;
    const std::size_t kept = keep_longest ? longest() : result.size();
    for (std::size_t i = first_; i < result.size(); i += arity()) {
      const std::int64_t low = field_->minimum + random.between(0, 1);
      if (i != kept) result[i] = std::min(result[i], low);
    }
    return result;
  }

  // Each one the number of the entry before it: sums and maxima stay.
  Entries rotated() const {
    Entries result = entries_;
    for (std::size_t i = first_ + arity(); i < result.size(); i += arity()) {
      std::swap(result[i], result[first_]);
    }
    return result;
  }

 private:
  std::size_t arity() const { return static_cast<std::size_t>(field_->arity); }

  std::size_t longest() const {
    std::size_t at = first_;
    for (std::size_t i = first_; i < entries_.size(); i += arity()) {
      if (entries_[i] > entries_[at]) at = i;
    }
    return at;
  }

  const Field* field_;
  const Entries& entries_;
  std::size_t first_;
};

// Takes over what leaves the extents as they are.
class Variation {
 public:
  explicit Variation(const Session& session) : session_(&session), case_(session.the_case()) {}

  const Case& result() const { return case_; }

  bool take(std::size_t field, Entries value) {
    if (value == case_.value_at(field)) return false;
    Case tried = case_;
    tried.set_at(field, std::move(value));
    if (!session_->model().inadmissible(tried).empty()) return false;
    if (!same_extents(session_->materialise(tried), session_->problem())) return false;
    case_ = std::move(tried);
    return true;
  }

 private:
  const Session* session_;
  Case case_;
};

void vary_list(Variation& variation, const Field& field, std::size_t index, Random& random) {
  for (int c = 0; c < field.arity; ++c) {
    const Entries entries = variation.result().value_at(index);
    const Column column(field, entries, static_cast<std::size_t>(c));
    if (variation.take(index, column.shortened(false, random))) continue;
    if (variation.take(index, column.shortened(true, random))) continue;
    variation.take(index, column.rotated());
  }
}

// Of everything but scalars.
bool same_operands(const Problem& a, const Problem& b) {
  return std::ranges::equal(a.operands, b.operands, [](const Operand& x, const Operand& y) {
    return x.name == y.name && x.dtype == y.dtype && x.layout.shape == y.layout.shape &&
           x.layout.stride == y.layout.stride && x.layout.offset == y.layout.offset;
  });
}

// Fields that another case has otherwise, in random order. Lists and seeds are contents, and fields
// of one operand ("x.gap") its layout.
std::vector<std::size_t> fields_that_differ(const Case& c, const Case& other, Random& random) {
  std::vector<std::size_t> found;
  const std::vector<Field>& fields = c.schema().fields;
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const bool scalar = fields[f].kind != Field::Kind::list && !fields[f].is_seed &&
                        fields[f].name.find('.') == std::string::npos;
    if (!scalar || c.value_at(f) == other.value_at(f)) continue;
    found.push_back(f);
    const std::int64_t at = random.between(0, std::ssize(found) - 1);
    std::swap(found[static_cast<std::size_t>(at)], found.back());
  }
  return found;
}

constexpr std::string_view kWrong = "another case is wrong after this one: ";
constexpr std::string_view kKind = "another case";

}  // namespace

bool same_extents(const Problem& a, const Problem& b) {
  if (a.integers != b.integers || a.reals != b.reals) return false;
  return std::ranges::equal(a.operands, b.operands, [](const Operand& x, const Operand& y) {
    return x.layout.shape == y.layout.shape && x.layout.stride == y.layout.stride &&
           x.layout.offset == y.layout.offset;
  });
}

std::optional<Case> other_contents(const Session& session, Random& random) {
  Variation variation(session);
  const std::vector<Field>& fields = session.the_case().schema().fields;
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const Field& field = fields[f];
    if (field.is_seed) variation.take(f, {random.between(field.minimum, field.maximum)});
    if (field.kind == Field::Kind::list) vary_list(variation, field, f, random);
  }
  if (variation.result() == session.the_case()) return std::nullopt;
  return variation.result();
}

std::optional<Case> other_scalars(const Session& session, Random& random) {
  const Case& own = session.the_case();
  const Case drawn = session.model().generate(random, {});
  for (const std::size_t f : fields_that_differ(own, drawn, random)) {
    Case tried = own;
    tried.set_at(f, drawn.value_at(f));
    if (!session.model().inadmissible(tried).empty()) continue;
    const Problem problem = session.materialise(tried);
    const Problem& now = session.problem();
    const bool same_scalars = problem.integers == now.integers && problem.reals == now.reals;
    if (!same_scalars && same_operands(problem, now)) return tried;
  }
  return std::nullopt;
}

bool meets_oracle(const Session& session, const Run& run) {
  return run.status.ok() && run.findings.empty() && meets_oracle(session.expect(*run.problem), run);
}

bool meets_oracle(const Expectation& expectation, const Run& run) {
  if (!run.status.ok() || !run.findings.empty()) return false;
  const std::vector<ExpectedTensor> outputs = settled(expectation, run.outputs);
  return std::ranges::all_of(outputs, [&](const ExpectedTensor& expected) {
    const std::size_t index = run.problem->index_of(expected.operand);
    return compare_with_oracle(run.problem->operands[index], expected, run.outputs[index])
               .failures == 0;
  });
}

bool compare_other(Session& session, Check check, const Expectation& expectation, const Run& run,
                   const std::string& where) {
  std::vector<Finding>& findings = session.evidence().findings;
  const std::size_t before = findings.size();
  const std::int64_t compared = session.evidence().compared;
  session.compare_with(check, expectation, run);
  session.evidence().compared = compared;
  // Mistrust is about what a case shows. Another problem, made of copies of a row perhaps, may be one whose
  // bounds are wider than its few answers.
  const auto from = findings.begin() + static_cast<std::ptrdiff_t>(before);
  const auto trust = std::remove_if(
      from, findings.end(), [](const Finding& found) { return found.check == Check::trust; });
  const bool shows_nothing = trust != findings.end();
  findings.erase(trust, findings.end());
  if (shows_nothing && findings.size() == before) {
    session.leave_out(check, "its bounds are wider than the answers");
  }
  for (std::size_t i = before; i < findings.size(); ++i) findings[i].text += "\n  " + where;
  return findings.size() == before;
}

Finding wrong_neighbour(const std::string& line, const std::string& why) {
  return {Check::history, std::string(kWrong) + line + why, {}, std::string(kKind)};
}

std::optional<std::string> line_of_wrong_neighbour(const Finding& finding) {
  if (finding.check != Check::history || finding.kind != kKind) return std::nullopt;
  const std::string first = finding.text.substr(0, finding.text.find('\n'));
  if (!first.starts_with(kWrong)) return std::nullopt;
  return first.substr(kWrong.size());
}

}  // namespace mlacheck
