// What must come out the same when the same sequence is decoded otherwise: in absorbed form or by keys
// and values of every head, many tokens a step or one, with padding rows or without.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/ops/decode_step/sequence.hpp"

namespace mlacheck::decode_step {
namespace {

constexpr std::int64_t kLength = 21;

// One step a token, from `first` on.
Answers one_at_a_time(const Sequence& sequence, std::int64_t first, const std::string& variant,
                      std::int64_t splits = 1) {
  Answers all;
  for (std::int64_t token = first; token < sequence.length(); ++token) {
    const Answers step =
        answers_of("decode_step", variant, sequence.decode(token, token + 1, 0, splits));
    all.got.insert(all.got.end(), step.got.begin(), step.got.end());
    all.bound.insert(all.bound.end(), step.bound.begin(), step.bound.end());
  }
  return all;
}

// Prefill computes keys and values of every head. Decode absorbs both products. Every token decoded by
// itself, the first one included, and so any prefill that decode steps follow.
TEST(DecodeStepEquivalence, DecodeEqualsFullAttentionTokenByToken) {
  double used = 0;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16}) {
      Sequence sequence(kLength, seed);
      sequence.dtype = dtype;
      const Answers full = answers_of("prefill_context", "swapped", sequence.prefill());
      for (const std::int64_t splits : {1, 3}) {
        const Answers steps = one_at_a_time(sequence, 0, "optimised", splits);
        ASSERT_EQ(full.got.size(), steps.got.size());
        for (std::size_t i = 0; i < full.got.size(); ++i) {
          const double both = full.bound[i] + steps.bound[i];
          ASSERT_LE(std::fabs(full.got[i] - steps.got[i]), both)
              << "element " << i << ", seed " << seed << ", splits " << splits;
          used = std::max(used, std::fabs(full.got[i] - steps.got[i]) / both);
        }
      }
    }
  }
  // A bound that is never approached would prove little.
  EXPECT_GT(used, 0.01);
}

TEST(DecodeStepEquivalence, SeveralTokensEqualOneAtATime) {
  const Sequence sequence(kLength, 4);
  for (const char* variant : {"plain", "optimised"}) {
    for (const std::int64_t splits : {1, 3}) {
      const Answers steps = one_at_a_time(sequence, 1, variant, splits);
      for (const std::int64_t width : {2, 4, 20}) {
        std::vector<double> wide;
        for (std::int64_t token = 1; token < kLength; token += width) {
          const Problem problem = sequence.decode(token, token + width, 0, splits);
          const Answers step = answers_of("decode_step", variant, problem);
          wide.insert(wide.end(), step.got.begin(), step.got.end());
        }
        EXPECT_EQ(wide, steps.got) << variant << ", " << width << " tokens a step";
      }
    }
  }
}

// Rows past the tokens change no other, and are 0 themselves.
TEST(DecodeStepEquivalence, PaddingRowsChangeNothing) {
  const Sequence sequence(kLength, 5);
  for (const char* variant : {"plain", "optimised"}) {
    const Answers bare = answers_of("decode_step", variant, sequence.decode(9, 12));
    Answers padded = answers_of("decode_step", variant, sequence.decode(9, 12, 5));
    const std::size_t rest = padded.got.size() - bare.got.size();
    EXPECT_EQ(
        std::vector<double>(padded.got.end() - static_cast<std::ptrdiff_t>(rest), padded.got.end()),
        std::vector<double>(rest, 0.0));
    padded.got.resize(bare.got.size());
    EXPECT_EQ(padded.got, bare.got) << variant;
  }
}

TEST(DecodeStepEquivalence, OptimisedHasTheBitsOfPlain) {
  for (const std::uint64_t seed : {6U, 7U}) {
    const Sequence sequence(kLength, seed);
    for (const std::int64_t splits : {1, 2, 5}) {
      const Problem problem = sequence.decode(15, kLength, 2, splits);
      EXPECT_EQ(answers_of("decode_step", "optimised", problem).got,
                answers_of("decode_step", "plain", problem).got);
    }
  }
}

}  // namespace
}  // namespace mlacheck::decode_step
