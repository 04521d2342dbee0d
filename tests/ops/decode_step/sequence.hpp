// One sequence of one request, of which prefill and decode steps can take any part.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/op/random.hpp"
#include "harness/subjects/ops.hpp"
#include "reference/common/arguments.hpp"
#include "reference/decode_step/parameters.hpp"
#include "tests/support/dense_operand.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::decode_step {

/// Outputs of some rows, as a subject has them and as the oracle bounds them.
struct Answers {
  std::vector<double> got;
  std::vector<double> bound;
};

inline Answers answers_of(const std::string& op, const std::string& variant,
                          const Problem& problem) {
  testing_support::PlacedCall placed(problem);
  PlainContext context;
  const Status status = testing_support::variant_of(testing_support::cpu_subjects(op), variant)
                            .run(placed.call(), context);
  EXPECT_TRUE(status.ok()) << status.message();
  return {placed.read("out"), find_op(op)->oracle->expect(problem).outputs.front().bound};
}

/// Random weights and tokens: token i of the sequence has a query and a latent row.
class Sequence {
 public:
  std::int64_t heads = 3;
  std::int64_t nope = 6;
  std::int64_t rope = 4;
  std::int64_t latent = 10;
  std::int64_t width = 5;
  std::int64_t page = 4;
  DType dtype = DType::bf16;
  double scale = 0.3;

  Sequence(std::int64_t length, std::uint64_t seed) : length_(length), random_(seed, 17) {
    q_nope_ = draw(length * heads * nope, 1);
    q_rope_ = draw(length * heads * rope, 1);
    latents_ = draw(length * (latent + rope), 1);
    w_uk_ = draw(heads * nope * latent, 0.3);
    w_uv_ = draw(heads * latent * width, 0.3);
  }

  std::int64_t length() const { return length_; }
  std::int64_t row_elements() const { return heads * width; }

  /// A decode step of tokens [first, end), which have been cached.
  Problem decode(std::int64_t first, std::int64_t end, std::int64_t padding = 0,
                 std::int64_t splits = 1) const {
    const std::int64_t tokens = end - first;
    const std::int64_t pages = (end + page - 1) / page;
    Problem problem;
    add(problem, "q_nope", {tokens + padding, heads, nope},
        rows(q_nope_, first, end, heads * nope, padding));
    add(problem, "q_rope", {tokens + padding, heads, rope},
        rows(q_rope_, first, end, heads * rope, padding));
    // Slots past the last token hold what a bug would notice.
    std::vector<double> cache(static_cast<std::size_t>(pages * page * (latent + rope)), 1e4);
    std::copy_n(latents_.begin(), end * (latent + rope), cache.begin());
    add(problem, "kv", {pages, page, latent + rope}, cache);
    add(problem, "w_uk", {heads, nope, latent}, w_uk_);
    add(problem, "w_uv", {heads, latent, width}, w_uv_);
    std::vector<double> table;
    for (std::int64_t i = 0; i < pages; ++i) table.push_back(static_cast<double>(i));
    add_integers(problem, "seq_lens", {1}, {static_cast<double>(end)});
    add_integers(problem, "block_table", {1, pages}, table);
    add_integers(problem, "decode_lens", {1}, {static_cast<double>(tokens)});
    add_integers(problem, "query_start_loc", {1}, {0});
    problem.operands.push_back(testing_support::dense_operand(
        "out", dtype, Access::output, {tokens + padding, heads, width}, {}));
    reference::write_scalars(problem, Parameters{.decode_tokens = tokens,
                                                 .min_decode_len = tokens,
                                                 .max_decode_len = tokens,
                                                 .splits = splits,
                                                 .scale = scale});
    return problem;
  }

  /// A prefill step of all tokens at once, which knows no absorption: keys and values of every head
  /// are made from the latents.
  Problem prefill() const {
    Problem problem;
    std::vector<double> q;
    std::vector<double> w;
    for (std::int64_t row = 0; row < length_ * heads; ++row) {
      append(q, q_nope_, row * nope, nope);
      append(q, q_rope_, row * rope, rope);
    }
    for (std::int64_t h = 0; h < heads; ++h) {
      for (std::int64_t l = 0; l < latent; ++l) {
        for (std::int64_t n = 0; n < nope; ++n) {
          w.push_back(w_uk_[static_cast<std::size_t>((h * nope + n) * latent + l)]);
        }
        append(w, w_uv_, (h * latent + l) * width, width);
      }
    }
    add(problem, "q", {length_, heads, nope + rope}, q);
    add(problem, "new_kv", {length_, latent + rope}, latents_);
    add(problem, "kv", {1, page, latent + rope},
        std::vector<double>(static_cast<std::size_t>(page * (latent + rope)), 1e4));
    add(problem, "w", {heads, latent, nope + width}, w);
    add_integers(problem, "query_start_loc", {2}, {0, static_cast<double>(length_)});
    add_integers(problem, "block_table", {1, 1}, {0});
    add_integers(problem, "context_lens", {1}, {0});
    problem.operands.push_back(
        testing_support::dense_operand("out", dtype, Access::output, {length_, heads, width}, {}));
    problem.integers = {{"chunk", 1},
                        {"ranks", 1},
                        {"interleave", 1},
                        {"max_context", 0},
                        {"prefill_tokens_with_context", 0}};
    problem.reals = {{"scale", scale}};
    return problem;
  }

 private:
  std::vector<double> draw(std::int64_t count, double size) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < count; ++i) {
      values.push_back(size * static_cast<double>(random_.between(-1000, 1000)) / 500);
    }
    return values;
  }

  static void append(std::vector<double>& to, const std::vector<double>& from, std::int64_t first,
                     std::int64_t count) {
    to.insert(to.end(), from.begin() + first, from.begin() + first + count);
  }

  static std::vector<double> rows(const std::vector<double>& all, std::int64_t first,
                                  std::int64_t end, std::int64_t elements, std::int64_t padding) {
    std::vector<double> some(all.begin() + first * elements, all.begin() + end * elements);
    some.resize(some.size() + static_cast<std::size_t>(padding * elements), 1e4);
    return some;
  }

  void add(Problem& problem, const std::string& name, std::vector<std::int64_t> shape,
           const std::vector<double>& values) const {
    problem.operands.push_back(
        testing_support::dense_operand(name, dtype, Access::input, std::move(shape), values));
  }
  static void add_integers(Problem& problem, const std::string& name,
                           std::vector<std::int64_t> shape, const std::vector<double>& values) {
    problem.operands.push_back(
        testing_support::dense_operand(name, DType::i32, Access::input, std::move(shape), values));
  }

  std::int64_t length_;
  Random random_;
  std::vector<double> q_nope_;
  std::vector<double> q_rope_;
  std::vector<double> latents_;
  std::vector<double> w_uk_;
  std::vector<double> w_uv_;
};

}  // namespace mlacheck::decode_step
