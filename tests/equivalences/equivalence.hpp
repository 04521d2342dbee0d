// The equivalences of the quantized ops and of the layer by name: one case, tried on one variant and
// backend.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/execute/execute.hpp"
#include "harness/op/relation.hpp"
#include "harness/subjects/ops.hpp"

namespace mlacheck::equivalences {

/// What was expected and did not hold.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Elements that were compared, over all cases of a test.
struct Compared {
  std::int64_t bitwise = 0;
  std::int64_t within_bound = 0;
  double used = 0;  ///< largest share of two bounds that a difference took
};

/// The bits that an element with the bits `mine` must have in the other problem; nothing where the
/// equivalence does not speak of it.
using Image =
    std::function<std::optional<std::uint32_t>(const Operand& output, std::uint32_t mine)>;

/// A result, and how far it may be from the exact one. What they point to outlives them.
struct Side {
  const Run* run = nullptr;
  const ExpectedTensor* expected = nullptr;
  std::size_t first = 0;  ///< element of `out` from which on it is compared
};

/// How far element `i` of a result of that type may be from the exact value: a bound of 0 leaves the
/// rounding of the store.
double reach_of(const ExpectedTensor& expected, DType dtype, std::size_t i);

/// One case on its way through one equivalence. Its checks throw Broken.
class Trial {
 public:
  Trial(const OpEntry& op, const Subject& subject, Backend& backend, Case c, Compared& compared);

  const Case& the_case() const { return case_; }
  const Problem& problem() const { return problem_; }
  const Subject& subject() const { return *subject_; }
  Backend& backend() const { return *backend_; }
  Random& random() { return random_; }

  /// The problem of another case for this subject.
  Problem materialise(const Case& c) const;

  /// Every refusal, failure and finding is Broken: canaries, unwritten cells, sanitizers.
  Run run(const Problem& problem, const std::string& which,
          const RunOptions& options = RunOptions::poisoned(Poison::ones)) const;
  void accept(const Run& run, const std::string& which) const;

  /// The same with the variant under test, if it is one of `op`, else with the bundled `variant`.
  Run run_of(const std::string& op, const std::string& variant, const Problem& problem,
             const std::string& which) const;
  /// With the bundled variant, whatever is under test.
  Run run_bundled(const std::string& op, const std::string& variant, const Problem& problem,
                  const std::string& which) const;

  /// The run of problem() that others are compared with.
  const Run& first();

  /// Value and bound of each element of the op's first output.
  ExpectedTensor expect(const Problem& problem) const;
  /// The same of another op.
  static ExpectedTensor expect_of(const std::string& op, const Problem& problem);

  /// All matched elements have equal bits.
  void expect_bits(const Relation& relation);

  /// Equal bits where the oracle knows the sum to be exact, else no further apart than both bounds.
  void expect_bits_or_bound(const Relation& relation);

  /// Matched elements have the bits that `image` says. Zeros of either sign are one number.
  void expect_image(const Relation& relation, const Image& image);

  /// `count` elements of `out` are no further apart than both bounds.
  void expect_close(const Side& mine, const Side& theirs, std::size_t count,
                    const std::string& which);

  /// `count` elements of `out` have equal bits.
  void expect_equal(const Run& mine, std::size_t my_first, const Run& theirs,
                    std::size_t their_first, std::size_t count, const std::string& which);

  /// All live elements of all outputs have equal bits.
  void expect_same(const Run& mine, const Run& theirs, const std::string& which);

  Compared& compared() { return *compared_; }

 private:
  Run run_with(const Subject& subject, const Problem& problem, const std::string& which,
               const RunOptions& options) const;
  void expect_same_bits(const Match& match, const Run& mine, const Run& theirs,
                        const std::string& which);

  const OpEntry* op_;
  const Subject* subject_;
  Backend* backend_;
  Case case_;
  Problem problem_;
  Random random_;
  Compared* compared_;
  std::optional<Run> first_;
};

/// An equivalence as it shows in one op.
struct Part {
  std::string op;
  /// Only this variant; empty: each.
  std::string variant;
  /// Changes a drawn case into one of which the equivalence has something to say.
  std::function<void(Case&, Random&)> fit;
  /// False where it had nothing to say after all.
  std::function<bool(Trial&)> holds;
  /// True if an element in ten at least must be one whose sum is exact.
  bool certified = false;
  /// True if results are compared by their bounds alone, of which some share must have been used.
  bool by_bounds = false;
};

struct Equivalence {
  std::string name;
  std::vector<Part> parts;
  /// Mutants (tests/mutants) that must break it: "decode_step/rope-of-the-first-head-for-all".
  std::vector<std::string> broken_by{};
  /// Parts that are put together wrongly, and must not hold.
  std::vector<Part> miscomposed{};
};

/// In the order of docs/equivalences.md.
std::vector<Equivalence> all_equivalences();

}  // namespace mlacheck::equivalences
