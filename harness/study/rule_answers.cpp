#include "harness/study/rule_answers.hpp"

#include <algorithm>
#include <cmath>

#include "harness/study/criteria.hpp"

namespace mlacheck {
namespace {

Judged judged_cells(const Operand& operand, const ExpectedTensor& expected,
                    const std::vector<std::uint32_t>& result,
                    const std::vector<std::uint32_t>& peer) {
  Judged judged;
  judged.dtype = operand.dtype;
  for (std::size_t i = 0; i < expected.value.size(); ++i) {
    if (operand.cell(i) != Cell::live) continue;
    judged.reference.push_back(decode(operand.dtype, encode(operand.dtype, expected.value[i])));
    judged.result.push_back(decode(operand.dtype, result[i]));
    judged.peer.push_back(decode(operand.dtype, peer[i]));
  }
  return judged;
}

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

// Elements of head `head`; the operand's axis `axis` counts heads.
std::vector<double> of_head(const Operand& operand, std::size_t axis, std::int64_t head,
                            const std::vector<double>& values) {
  std::int64_t inner = 1;
  for (std::size_t k = axis + 1; k < operand.layout.shape.size(); ++k) {
    inner *= operand.layout.shape[k];
  }
  std::vector<double> kept;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (static_cast<std::int64_t>(i) / inner % operand.layout.shape[axis] == head) {
      kept.push_back(values[i]);
    }
  }
  return kept;
}

// out[:, n, :] = x[:, n, :] w[n, :, :], as a library that multiplies matrices tests a batch. Empty
// for another op, and where a cell is not to be compared. A factor that is not finite has no norm,
// and its product no bound.
std::vector<Judged> products(const Problem& problem, const Operand& operand, const Judged& whole) {
  const Operand* const x = problem.find("x");
  const Operand* const w = problem.find("w");
  const auto cells = static_cast<std::size_t>(operand.layout.elements());
  if (x == nullptr || w == nullptr || whole.reference.size() != cells) return {};
  const std::vector<double> x_values = x->values();
  const std::vector<double> w_values = w->values();
  std::vector<Judged> heads;
  for (std::int64_t n = 0; n < operand.layout.shape[1]; ++n) {
    Judged& head = heads.emplace_back();
    head.dtype = whole.dtype;
    head.reference = of_head(operand, 1, n, whole.reference);
    head.result = of_head(operand, 1, n, whole.result);
    head.peer = of_head(operand, 1, n, whole.peer);
    head.contraction = static_cast<double>(x->layout.shape[2]);
    const double norms = norm(of_head(*x, 1, n, x_values)) * norm(of_head(*w, 0, n, w_values));
    head.factor_norms = std::isfinite(norms) ? norms : 0;
  }
  return heads;
}

Answer answer_of(std::optional<bool> accepts) {
  if (!accepts) return Answer::not_applicable;
  return *accepts ? Answer::accepts : Answer::refuses;
}

}  // namespace

RuleAnswers rule_answers(const Problem& problem, const Expectation& expectation,
                         const OutputBits& outputs, const OutputBits& peer) {
  RuleAnswers answers(criteria().size(), Answer::not_applicable);
  for (const ExpectedTensor& expected : expectation.outputs) {
    const Operand& operand = problem.operand(expected.operand);
    const std::size_t index = problem.index_of(expected.operand);
    const Judged whole = judged_cells(operand, expected, outputs[index], peer[index]);
    if (whole.reference.empty()) continue;
    const std::vector<Judged> heads = products(problem, operand, whole);
    for (std::size_t k = 0; k < answers.size(); ++k) {
      Answer answer = Answer::not_applicable;
      if (!is_floating(operand.dtype)) {
        answer = answer_of(whole.result == whole.reference);
      } else {
        answer = answer_of(criteria()[k].accepts(whole));
        if (answer == Answer::not_applicable) {
          for (const Judged& head : heads) {
            answer = std::max(answer, answer_of(criteria()[k].accepts(head)));
          }
        }
      }
      answers[k] = std::max(answers[k], answer);
    }
  }
  return answers;
}

void keep_stricter(RuleAnswers& answers, const RuleAnswers& more) {
  if (answers.empty()) answers.resize(more.size(), Answer::not_applicable);
  for (std::size_t k = 0; k < more.size(); ++k) answers[k] = std::max(answers[k], more[k]);
}

}  // namespace mlacheck
