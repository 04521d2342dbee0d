#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "harness/checks/conventions.hpp"
#include "harness/execute/matched_elements.hpp"
#include "harness/subjects/subjects.hpp"
#include "tests/equivalences/equivalence.hpp"

namespace mlacheck::equivalences {
namespace {

constexpr std::uint64_t kStream = 12;

bool is_zero(const Operand& output, std::uint32_t bits) {
  return is_floating(output.dtype) && decode(output.dtype, bits) == 0;
}

bool is_close(double a, double b, double bound) {
  return a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= bound;
}

}  // namespace

double reach_of(const ExpectedTensor& expected, DType dtype, std::size_t i) {
  const double bound = expected.bound.at(i);
  const double value = expected.value.at(i);
  if (!std::isfinite(value)) return bound;
  const double store = bound > 0 ? 0 : std::fabs(decode(dtype, encode(dtype, value)) - value);
  return expected.reach(i) + store;
}

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

Run Trial::run_with(const Subject& subject, const Problem& problem, const std::string& which,
                    const RunOptions& options) const {
  Run result = execute(subject, problem, *backend_, options);
  accept(result, which);
  if (!result.receipt) throw Broken(which + ": a block of a launch did not run");
  return result;
}

Run Trial::run(const Problem& problem, const std::string& which, const RunOptions& options) const {
  return run_with(*subject_, problem, which, options);
}

Run Trial::run_of(const std::string& op, const std::string& variant, const Problem& problem,
                  const std::string& which) const {
  return op == op_->model->schema().op ? run(problem, which)
                                       : run_bundled(op, variant, problem, which);
}

Run Trial::run_bundled(const std::string& op, const std::string& variant, const Problem& problem,
                       const std::string& which) const {
  const Subject* const subject = find_subject(op, backend_->name(), variant);
  if (subject == nullptr) {
    throw std::logic_error(op + " has no variant " + variant + " on " + backend_->name());
  }
  return run_with(*subject, problem, which, RunOptions::poisoned(Poison::ones));
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

ExpectedTensor Trial::expect_of(const std::string& op, const Problem& problem) {
  return find_op(op)->oracle->expect(problem).outputs.at(0);
}

void Trial::expect_bits(const Relation& relation) {
  const Run theirs = run(relation.problem, relation.name);
  for (const Match& match : relation.matches)
    expect_same_bits(match, first(), theirs, relation.name);
}

void Trial::expect_same_bits(const Match& match, const Run& mine, const Run& theirs,
                             const std::string& which) {
  for_each_matched(match, mine, theirs, [&](const RunElement& here, const RunElement& there) {
    ++compared_->bitwise;
    if (here.bits == there.bits) return;
    throw Broken(which + ": " + here.place() + " is " + here.value() + " here and " +
                 there.value() + " there");
  });
}

void Trial::expect_bits_or_bound(const Relation& relation) {
  const Run theirs = run(relation.problem, relation.name);
  const ExpectedTensor my_expectation = expect(problem_);
  const ExpectedTensor their_expectation = expect(relation.problem);
  const auto compare = [&](const RunElement& here, const RunElement& there) {
    const double bound = my_expectation.bound[here.index] + their_expectation.bound[there.index];
    ++(bound == 0 ? compared_->bitwise : compared_->within_bound);
    const DType dtype = here.operand->dtype;
    if (bound == 0 ? here.bits == there.bits
                   : is_close(decode(dtype, here.bits), decode(dtype, there.bits), bound)) {
      return;
    }
    throw Broken(relation.name + ": " + here.place() + " is " + here.value() + " here and " +
                 there.value() + " there, the bounds together are " + std::to_string(bound));
  };
  for_each_matched(relation.matches.at(0), first(), theirs, compare);
}

void Trial::expect_image(const Relation& relation, const Image& image) {
  const Run theirs = run(relation.problem, relation.name);
  const auto compare = [&](const RunElement& here, const RunElement& there) {
    const std::optional<std::uint32_t> expected = image(*here.operand, here.bits);
    if (!expected) return;
    ++compared_->bitwise;
    if (*expected == there.bits) return;
    if (is_zero(*here.operand, *expected) && is_zero(*here.operand, there.bits)) return;
    throw Broken(relation.name + ": " + here.place() + " is " + here.value() + ", so that " +
                 here.value_of(*expected) + " was expected there, where " + there.value() + " is");
  };
  for (const Match& match : relation.matches) for_each_matched(match, first(), theirs, compare);
}

void Trial::expect_close(const Side& mine, const Side& theirs, std::size_t count,
                         const std::string& which) {
  const Operand& out = mine.run->problem->operand("out");
  const Operand& other = theirs.run->problem->operand("out");
  for (std::size_t i = 0; i < count; ++i) {
    const RunElement here{&out, mine.first + i, mine.run->bits("out").at(mine.first + i)};
    const RunElement there{&other, theirs.first + i, theirs.run->bits("out").at(theirs.first + i)};
    const double bound = reach_of(*mine.expected, out.dtype, here.index) +
                         reach_of(*theirs.expected, other.dtype, there.index);
    ++compared_->within_bound;
    const double a = decode(out.dtype, here.bits);
    const double b = decode(other.dtype, there.bits);
    if (!is_close(a, b, bound)) {
      throw Broken(which + ": " + here.place() + " is " + here.value() + " here, and " +
                   there.place() + " is " + there.value() + " there, the bounds together are " +
                   std::to_string(bound));
    }
    if (a != b && bound > 0) {
      compared_->used = std::max(compared_->used, std::fabs(a - b) / bound);
    }
  }
}

void Trial::expect_equal(const Run& mine, std::size_t my_first, const Run& theirs,
                         std::size_t their_first, std::size_t count, const std::string& which) {
  Match match{"out", {}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    match.mine.push_back(my_first + i);
    match.theirs.push_back(their_first + i);
  }
  expect_same_bits(match, mine, theirs, which);
}

void Trial::expect_same(const Run& mine, const Run& theirs, const std::string& which) {
  for (const Operand& output : mine.problem->operands) {
    if (output.access != Access::output) continue;
    const std::size_t elements = mine.bits(output.name).size();
    if (theirs.bits(output.name).size() != elements) {
      throw Broken(which + ": " + output.name + " has another size");
    }
    std::vector<std::size_t> all(elements);
    std::iota(all.begin(), all.end(), std::size_t{0});
    expect_same_bits({output.name, all, all}, mine, theirs, which);
  }
}

}  // namespace mlacheck::equivalences
