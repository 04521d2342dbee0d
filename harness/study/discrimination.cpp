#include "harness/study/discrimination.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/compare/compare.hpp"
#include "harness/environment/interrupt.hpp"
#include "harness/op/random.hpp"
#include "harness/study/columns.hpp"

namespace mlacheck {
namespace {

using Bits = std::vector<std::uint32_t>;

// Cases of more elements cost an oracle more than they add.
constexpr std::int64_t kMostElements = 1 << 15;

Bits encoded(const Operand& operand, const std::vector<double>& values) {
  Bits bits;
  bits.reserve(values.size());
  for (const double value : values) bits.push_back(encode(operand.dtype, value));
  return bits;
}

Bits constant(const Operand& operand, double value) {
  return Bits(static_cast<std::size_t>(operand.layout.elements()), encode(operand.dtype, value));
}

double mean_of(const Operand& operand, const std::vector<double>& values) {
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (operand.cell(i) != Cell::live || !std::isfinite(values[i])) continue;
    sum += values[i];
    ++count;
  }
  return count == 0 ? 0 : sum / count;
}

// Each part along `axis` in the place of the one before it.
Bits exchanged(const Operand& operand, const Bits& bits, std::size_t axis) {
  const std::vector<std::int64_t>& shape = operand.layout.shape;
  if (axis >= shape.size() || bits.empty()) return bits;
  std::size_t inner = 1;
  for (std::size_t k = axis + 1; k < shape.size(); ++k) inner *= static_cast<std::size_t>(shape[k]);
  const std::size_t slab = inner * static_cast<std::size_t>(shape[axis]);
  Bits result(bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::size_t start = i / slab * slab;
    result[i] = bits[start + (i - start + inner) % slab];
  }
  return result;
}

bool differs(const Operand& operand, const Bits& a, const Bits& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (operand.cell(i) == Cell::live && a[i] != b[i]) return true;
  }
  return false;
}

// The right answer to the same case with another seed; nothing if it has other extents.
class Previous {
 public:
  Previous(const OpEntry& op, const Case& c) {
    const std::optional<Case> other = reseeded(c);
    if (!other || !op.model->inadmissible(*other).empty()) return;
    problem_ = op.model->materialise(*other, "");
    expectation_ = op.oracle->expect(*problem_);
  }

  std::optional<Bits> answer(const Operand& to) const {
    if (!problem_) return std::nullopt;
    for (const ExpectedTensor& expected : expectation_.outputs) {
      if (expected.operand != to.name) continue;
      const Operand& operand = problem_->operand(to.name);
      if (operand.layout.shape != to.layout.shape) return std::nullopt;
      return encoded(operand, expected.value);
    }
    return std::nullopt;
  }

 private:
  std::optional<Problem> problem_;
  Expectation expectation_;
};

// The right answer for scales of the input that are exchanged along their last axis.
class OtherScales {
 public:
  OtherScales(const OpEntry& op, const Problem& problem) {
    Problem other = problem;
    bool changed = false;
    for (Operand& operand : other.operands) {
      if (operand.access != Access::input || !operand.name.ends_with("_scales")) continue;
      Bits moved = exchanged(operand, operand.bits, operand.layout.shape.size() - 1);
      changed = changed || moved != operand.bits;
      operand.bits = std::move(moved);
    }
    if (changed) expectation_ = op.oracle->expect(other);
  }

  std::optional<Bits> answer(const Operand& to) const {
    for (const ExpectedTensor& expected : expectation_.outputs) {
      if (expected.operand == to.name) return encoded(to, expected.value);
    }
    return std::nullopt;
  }

 private:
  Expectation expectation_;
};

Bits answer_of(NullAnswer null, const Operand& operand, const ExpectedTensor& expected,
               const Bits& right, const Previous& previous, const OtherScales& scales) {
  switch (null) {
    case NullAnswer::scales:
      return scales.answer(operand).value_or(right);
    case NullAnswer::zeros:
      return constant(operand, 0);
    case NullAnswer::mean:
      return constant(operand, mean_of(operand, expected.value));
    case NullAnswer::previous:
      return previous.answer(operand).value_or(right);
    case NullAnswer::axis_0:
    case NullAnswer::axis_1:
    case NullAnswer::axis_2:
      break;
  }
  return exchanged(operand, right,
                   static_cast<std::size_t>(null) - static_cast<std::size_t>(NullAnswer::axis_0));
}

DiscriminationRow& row_of(std::vector<DiscriminationRow>& rows, const std::string& op,
                          const std::string& output, const std::string& value_class) {
  const auto found = std::ranges::find_if(rows, [&](const DiscriminationRow& row) {
    return row.output == output && row.value_class == value_class;
  });
  if (found != rows.end()) return *found;
  return rows.emplace_back(DiscriminationRow{op, output, value_class});
}

void judge(const OpEntry& op, const Case& c, const std::string& value_class,
           std::vector<DiscriminationRow>& rows) {
  const Problem problem = op.model->materialise(c, "");
  const Expectation expectation = op.oracle->expect(problem);
  const Previous previous(op, c);
  const OtherScales scales(op, problem);
  for (const ExpectedTensor& expected : expectation.outputs) {
    const Operand& operand = problem.operand(expected.operand);
    const Bits right = encoded(operand, expected.value);
    DiscriminationRow& row = row_of(rows, c.op(), operand.name, value_class);
    for (std::size_t k = 0; k < kNullAnswers; ++k) {
      const Bits answer =
          answer_of(static_cast<NullAnswer>(k), operand, expected, right, previous, scales);
      if (!differs(operand, answer, right)) continue;
      ++row.cells[k].cases;
      row.cells[k].refused += compare_with_oracle(operand, expected, answer).failures > 0 ? 1 : 0;
    }
  }
}

// What a case's contents are drawn from: a field and one of its values; nothing where the op has none.
struct ValueClass {
  std::string field;
  std::string value;

  std::string name() const {
    if (field.empty()) return "all";
    return field == "values" ? value : field + "=" + value;
  }
};

std::vector<ValueClass> value_classes(const Schema& schema) {
  std::vector<ValueClass> classes;
  for (const Field& field : schema.fields) {
    if (field.name != "values" && field.name != "lse") continue;
    for (const std::string& choice : field.choices) classes.push_back({field.name, choice});
  }
  if (classes.empty()) classes.emplace_back();
  return classes;
}

void draw_and_judge(const OpEntry& op, const ValueClass& value_class, std::int64_t cases,
                    std::uint64_t seed, std::vector<DiscriminationRow>& rows) {
  Random random(seed, stream_of(op.model->schema().op + value_class.name()));
  std::int64_t judged = 0;
  for (std::int64_t tries = 0; judged < cases && tries < 20 * cases && interrupted_by() == 0;
       ++tries) {
    Case c = op.model->generate(random, {});
    if (!value_class.field.empty()) c.set(value_class.field, value_class.value);
    if (!op.model->inadmissible(c).empty()) continue;
    if (op.model->materialise(c, "").elements() > kMostElements) continue;
    judge(op, c, value_class.name(), rows);
    ++judged;
  }
}

std::string percent(const DiscriminationCell& cell) {
  if (cell.cases == 0) return "-";
  return std::to_string(100 * cell.refused / cell.cases);
}

}  // namespace

std::vector<DiscriminationRow> discriminate(const OpEntry& op, std::int64_t cases,
                                            std::uint64_t seed) {
  std::vector<DiscriminationRow> rows;
  for (const ValueClass& value_class : value_classes(op.model->schema())) {
    draw_and_judge(op, value_class, cases, seed, rows);
  }
  return rows;
}

std::string render_discrimination(const std::vector<DiscriminationRow>& rows) {
  std::string text = padded("op", 17) + padded("output", 21) + padded("values", 16) +
                     "zeros mean prev  [0] [1] [2] scales\n";
  for (const DiscriminationRow& row : rows) {
    std::string line = padded(row.op, 17) + padded(row.output, 21) + padded(row.value_class, 16);
    for (const DiscriminationCell& cell : row.cells) {
      line += right_aligned(percent(cell), 4) + (cell.passes() ? "!" : " ");
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace mlacheck
