// L7: a sequence prefilled in steps and decoded, decoded alone, and attended to at once.
#include <algorithm>

#include "reference/decode_step/parameters.hpp"
#include "reference/prefill_context/parameters.hpp"
#include "tests/equivalences/layer_parts.hpp"
#include "tests/equivalences/parts.hpp"
#include "tests/equivalences/sequences.hpp"

namespace mlacheck::equivalences {
namespace {

constexpr const char* kDecode = "decode_step";
constexpr const char* kPrefill = "prefill_context";

LayerSizes sizes_of(const Problem& problem) {
  LayerSizes sizes;
  sizes.dtype = problem.operand("out").dtype;
  sizes.page = problem.operand("kv").layout.shape[1];
  if (problem.find("q_nope") != nullptr) {
    const decode_step::Operands o{problem};
    sizes.heads = o.heads();
    sizes.latent = o.latent();
    sizes.nope = o.nope();
    sizes.rope = o.rope();
    sizes.width = o.width();
  } else {
    const prefill_context::Operands o{problem};
    sizes.heads = o.heads();
    sizes.latent = o.latent();
    sizes.nope = o.nope();
    sizes.rope = o.columns() - o.latent();
    sizes.width = o.width();
  }
  sizes.scale = 0.3;
  return sizes;
}

// One sequence's way through its steps, of which each is compared with all of it at once.
class Walk {
 public:
  Walk(Trial& trial, const Sequences& sequences) : trial_(&trial), sequences_(&sequences) {
    std::vector<Range> all;
    for (const std::int64_t length : sequences.lengths()) all.push_back({0, length});
    whole_ = sequences.prefill(all, 1, 1);
    full_ = trial.run_of(kPrefill, "swapped", whole_, "all tokens at once");
    bounds_ = Trial::expect_of(kPrefill, whole_);
  }

  void begin() { cached_.assign(sequences_->lengths().size(), 0); }

  bool finished() const { return cached_ == sequences_->lengths(); }

  // The next tokens of each request, up to `most`; some take none.
  std::vector<Range> next(std::int64_t most) const {
    std::vector<Range> ranges;
    for (std::size_t r = 0; r < cached_.size(); ++r) {
      const std::int64_t left = sequences_->lengths()[r] - cached_[r];
      const std::int64_t tokens = trial_->random().between(0, std::min(left, most));
      ranges.push_back({cached_[r], cached_[r] + tokens});
    }
    return ranges;
  }

  void prefill(const std::vector<Range>& ranges) {
    const std::int64_t chunk = trial_->random().between(2, 12);
    const std::int64_t ranks = trial_->random().between(1, 3);
    take(kPrefill, "swapped", sequences_->prefill(ranges, chunk, ranks), ranges);
  }

  void decode(const std::vector<Range>& ranges) {
    const std::int64_t splits = trial_->random().between(1, 3);
    take(kDecode, "optimised", sequences_->decode(ranges, splits), ranges);
  }

 private:
  void take(const char* op, const char* variant, const Problem& problem,
            const std::vector<Range>& ranges) {
    if (problem.operand("out").layout.elements() == 0) return;
    const Run run = trial_->run_of(op, variant, problem, op);
    const ExpectedTensor bounds = Trial::expect_of(op, problem);
    const Integers starts = running_sums(sequences_->lengths());
    const std::size_t elements = sequences_->row_elements();
    std::size_t first = 0;
    for (std::size_t r = 0; r < ranges.size(); ++r) {
      const auto row = static_cast<std::size_t>(starts[r] + ranges[r].first);
      const auto count = static_cast<std::size_t>(ranges[r].tokens()) * elements;
      trial_->expect_close({&run, &bounds, first}, {&full_, &bounds_, row * elements}, count,
                           std::string(op) + " of some tokens, and all at once");
      first += count;
      cached_[r] = ranges[r].end;
    }
  }

  Trial* trial_;
  const Sequences* sequences_;
  Problem whole_;
  Run full_;
  ExpectedTensor bounds_;
  Integers cached_;
};

bool in_steps_equals_at_once(Trial& trial) {
  Random& random = trial.random();
  const Integers lengths{random.between(2, 14), random.between(1, 9)};
  const Sequences sequences(sizes_of(trial.problem()), lengths, random);
  Walk walk(trial, sequences);
  for (const int prefills : {0, 1, 2}) {
    walk.begin();
    for (int i = 0; i < prefills; ++i) walk.prefill(walk.next(5));
    while (!walk.finished()) walk.decode(walk.next(3));
  }
  return true;
}

}  // namespace

std::vector<Part> in_steps() {
  const auto fit = [](auto& f, Random& random) {
    small_step(f, random);
    at_most(f.heads, 3);
    at_most(f.latent, 20);
  };
  return {by_bounds(of_decode(fit, &in_steps_equals_at_once)),
          by_bounds(of_prefill(fit, &in_steps_equals_at_once))};
}

}  // namespace mlacheck::equivalences
