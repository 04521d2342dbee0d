#include <cmath>

#include "harness/checks/conventions.hpp"
#include "tests/equivalences/equivalence.hpp"

namespace mlacheck::equivalences {
namespace {

constexpr std::uint64_t kStream = 12;

std::string place(const Operand& output, std::size_t element) {
  return output.name + index_text(output.layout.shape, element);
}

std::string text_of(const Operand& output, std::uint32_t bits) {
  return is_floating(output.dtype) ? std::to_string(decode(output.dtype, bits))
                                   : std::to_string(bits);
}

bool is_zero(const Operand& output, std::uint32_t bits) {
  return is_floating(output.dtype) && decode(output.dtype, bits) == 0;
}

bool is_close(double a, double b, double bound) {
  return a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= bound;
}

}  // namespace

Trial::Trial(const OpEntry& op, const Subject& subject, Backend& backend, Case c,
             Compared& compared)
    : op_(&op),
      subject_(&subject),
      backend_(&backend),
      case_(std::move(c)),
      problem_(materialise(case_)),
      random_(stream_of(case_.line()), kStream),
      compared_(&compared) {}

Problem Trial::materialise(const Case& c) const {
  return under_conventions(op_->model->materialise(c, subject_->contract_name()), *subject_);
}

Run Trial::run(const Problem& problem, const std::string& which, const RunOptions& options) const {
  Run result = execute(*subject_, problem, *backend_, options);
  accept(result, which);
  if (!result.receipt) throw Broken(which + ": a block of a launch did not run");
  return result;
}

void Trial::accept(const Run& run, const std::string& which) const {
  if (!run.harness_error.empty()) throw Broken(which + ": harness: " + run.harness_error);
  if (!run.status.ok()) throw Broken(which + ": " + run.status.message());
  if (!run.findings.empty()) throw Broken(which + ": " + run.findings.front().text);
}

const Run& Trial::first() {
  if (!first_) first_ = run(problem_, "as drawn");
  return *first_;
}

ExpectedTensor Trial::expect(const Problem& problem) const {
  return op_->oracle->expect(problem).outputs.at(0);
}

void Trial::expect_bits(const Relation& relation) {
  const Run theirs = run(relation.problem, relation.name);
  for (const Match& match : relation.matches) {
    const Operand& output = problem_.operand(match.operand);
    const auto& a = output_bits(problem_, first(), match.operand);
    const auto& b = output_bits(relation.problem, theirs, match.operand);
    for (std::size_t i = 0; i < match.mine.size(); ++i) {
      const std::uint32_t mine = a.at(match.mine[i]);
      const std::uint32_t other = b.at(match.theirs[i]);
      ++compared_->bitwise;
      if (mine == other) continue;
      throw Broken(relation.name + ": " + place(output, match.mine[i]) + " is " +
                   text_of(output, mine) + " here and " + text_of(output, other) + " there");
    }
  }
}

void Trial::expect_bits_or_bound(const Relation& relation) {
  const Run theirs = run(relation.problem, relation.name);
  const ExpectedTensor my_expectation = expect(problem_);
  const ExpectedTensor their_expectation = expect(relation.problem);
  const Match& match = relation.matches.at(0);
  const Operand& output = problem_.operand(match.operand);
  const auto& a = output_bits(problem_, first(), match.operand);
  const auto& b = output_bits(relation.problem, theirs, match.operand);
  for (std::size_t i = 0; i < match.mine.size(); ++i) {
    const std::uint32_t mine = a.at(match.mine[i]);
    const std::uint32_t other = b.at(match.theirs[i]);
    const double bound =
        my_expectation.bound[match.mine[i]] + their_expectation.bound[match.theirs[i]];
    ++(bound == 0 ? compared_->bitwise : compared_->within_bound);
    if (bound == 0 ? mine == other
                   : is_close(decode(output.dtype, mine), decode(output.dtype, other), bound)) {
      continue;
    }
    throw Broken(relation.name + ": " + place(output, match.mine[i]) + " is " +
                 text_of(output, mine) + " here and " + text_of(output, other) +
                 " there, the bounds together are " + std::to_string(bound));
  }
}

void Trial::expect_image(const Relation& relation, const Image& image) {
  const Run theirs = run(relation.problem, relation.name);
  for (const Match& match : relation.matches) {
    const Operand& output = problem_.operand(match.operand);
    const auto& a = output_bits(problem_, first(), match.operand);
    const auto& b = output_bits(relation.problem, theirs, match.operand);
    for (std::size_t i = 0; i < match.mine.size(); ++i) {
      const std::uint32_t mine = a.at(match.mine[i]);
      const std::uint32_t other = b.at(match.theirs[i]);
      const std::optional<std::uint32_t> expected = image(output, mine);
      if (!expected) continue;
      ++compared_->bitwise;
      if (*expected == other || (is_zero(output, *expected) && is_zero(output, other))) continue;
      throw Broken(relation.name + ": " + place(output, match.mine[i]) + " is " +
                   text_of(output, mine) + ", so that " + text_of(output, *expected) +
                   " was expected there, where " + text_of(output, other) + " is");
    }
  }
}

void Trial::expect_same(const Problem& one, const Run& run_one, const Problem& two,
                        const Run& run_two, const std::string& which) {
  for (const Operand& output : one.operands) {
    if (output.access != Access::output) continue;
    const auto& a = output_bits(one, run_one, output.name);
    const auto& b = output_bits(two, run_two, output.name);
    if (a.size() != b.size()) throw Broken(which + ": " + output.name + " has another size");
    for (std::size_t i = 0; i < a.size(); ++i) {
      ++compared_->bitwise;
      if (a[i] == b[i]) continue;
      throw Broken(which + ": " + place(output, i) + " is " + text_of(output, a[i]) + " here and " +
                   text_of(output, b[i]) + " there");
    }
  }
}

const std::vector<std::uint32_t>& output_bits(const Problem& problem, const Run& run,
                                              const std::string& output) {
  return run.outputs.at(problem.index_of(output));
}

}  // namespace mlacheck::equivalences
