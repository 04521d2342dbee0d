// A decoder of two layers with random weights, whose attention is decode_step over a paged cache: tokens
// in, greedy tokens out. Everything but attention is a few products in double, token by token, so that
// only attention can make two runs differ.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "harness/op/random.hpp"
#include "harness/subjects/ops.hpp"
#include "reference/common/arguments.hpp"
#include "reference/decode_step/parameters.hpp"
#include "tests/equivalences/layer_problems.hpp"
#include "tests/support/dense_operand.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::decode_step {

inline constexpr std::int64_t kVocabulary = 40;
inline constexpr std::int64_t kHidden = 16;
inline constexpr std::int64_t kLayers = 2;
// DeepSeek-V2-Lite by proportion: nope 128, rope 64, V 128, latent 512.
inline constexpr std::int64_t kHeads = 2;
inline constexpr std::int64_t kNope = 4;
inline constexpr std::int64_t kRope = 2;
inline constexpr std::int64_t kWidth = 4;
inline constexpr std::int64_t kLatent = 16;
inline constexpr std::int64_t kPage = 4;

using Vector = std::vector<double>;

/// Row-major, [rows, columns].
struct Matrix {
  std::int64_t columns = 0;
  Vector values;

  Matrix() = default;
  Matrix(Random& random, std::int64_t rows, std::int64_t width) : columns(width) {
    for (std::int64_t i = 0; i < rows * width; ++i) {
      values.push_back(static_cast<double>(random.between(-1000, 1000)) / 600 /
                       std::sqrt(static_cast<double>(width)));
    }
  }

  Vector times(const Vector& x) const {
    Vector result;
    for (std::size_t first = 0; first < values.size(); first += x.size()) {
      double sum = 0;
      for (std::size_t c = 0; c < x.size(); ++c) sum += values[first + c] * x[c];
      result.push_back(sum);
    }
    return result;
  }
};

struct Layer {
  Matrix query;   // [H (nope + rope), hidden]
  Matrix latent;  // [latent + rope, hidden]
  Matrix w_uk;    // [H nope, latent]
  Matrix w_uv;    // [H latent, V]
  Matrix output;  // [hidden, H V]
};

/// The tokens that one request has in a step, the first of them at `position` of its sequence.
struct Turn {
  std::int64_t position = 0;
  std::vector<std::int64_t> tokens = {};
  std::vector<std::int64_t> pages = {};
};

/// A token of a step by two models whose last attention is not the same, and how far their logits may be
/// apart for it.
struct TwoWays {
  std::int64_t greedy = 0;
  std::int64_t other = 0;
  double gap = 0;      ///< between the two largest logits
  double bound = 0;    ///< of a difference of two logits, of the largest that decides
  double apart = 0;    ///< largest distance of a logit from the other model's
  bool inside = true;  ///< every logit is within its own bound
};

class SmallModel {
 public:
  explicit SmallModel(std::uint64_t seed, std::int64_t pages, DType dtype = DType::bf16)
      : pages_(pages), dtype_(dtype) {
    Random random(seed, 23);
    embedding_ = Matrix(random, kVocabulary, kHidden);
    for (Layer& layer : layers_) {
      layer = {Matrix(random, kHeads * (kNope + kRope), kHidden),
               Matrix(random, kLatent + kRope, kHidden), Matrix(random, kHeads * kNope, kLatent),
               Matrix(random, kHeads * kLatent, kWidth), Matrix(random, kHidden, kHeads * kWidth)};
    }
    // What is not written yet is no number that may be read.
    for (Vector& cache : caches_) {
      cache.assign(static_cast<std::size_t>(pages * kPage * (kLatent + kRope)), 1e4);
    }
  }

  /// The greedy successor of every token of the step, requests one after the other. Rows are padded to
  /// a multiple of `rows_of`.
  std::vector<std::int64_t> step(const std::vector<Turn>& turns, const std::string& variant,
                                 std::int64_t rows_of) {
    std::vector<Vector> states = embedded(turns);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      add(l, run("decode_step", variant, problem_of(l, turns, states, rows_of)), states);
    }
    std::vector<std::int64_t> greedy;
    for (const Vector& state : states) greedy.push_back(best(embedding_.times(state)));
    return greedy;
  }

  /// The same, and what a model says whose last layer attends by keys and values of every head, made from
  /// the same cache. `scale_error` is a mistake that it makes in the scale.
  std::vector<TwoWays> step_both_ways(const std::vector<Turn>& turns, double scale_error = 0) {
    std::vector<Vector> states = embedded(turns);
    const std::size_t last = layers_.size() - 1;
    for (std::size_t l = 0; l < last; ++l) {
      add(l, run("decode_step", "optimised", problem_of(l, turns, states, 1)), states);
    }
    const Problem absorbed = problem_of(last, turns, states, 1);
    Problem full = equivalences::as_prefill(absorbed, 5);
    const Vector reach = both_reaches(absorbed, full);
    for (auto& [name, value] : full.reals) {
      if (name == "scale") value += scale_error;
    }
    const Vector one = run("decode_step", "optimised", absorbed);
    const Vector other = run("prefill_context", "swapped", full);
    std::vector<Vector> others = states;
    add(last, one, states);
    add(last, other, others);
    std::vector<TwoWays> result;
    for (std::size_t row = 0; row < states.size(); ++row) {
      result.push_back(compared(embedding_.times(states[row]), embedding_.times(others[row]),
                                logit_bounds(slice(reach, row))));
    }
    return result;
  }

 private:
  static std::int64_t best(const Vector& logits) {
    return std::max_element(logits.begin(), logits.end()) - logits.begin();
  }

  static Vector slice(const Vector& attention, std::size_t row) {
    const auto first = attention.begin() + static_cast<std::ptrdiff_t>(row * kHeads * kWidth);
    return {first, first + kHeads * kWidth};
  }

  std::vector<Vector> embedded(const std::vector<Turn>& turns) const {
    std::vector<Vector> states;
    for (const Turn& turn : turns) {
      for (const std::int64_t token : turn.tokens) {
        const auto first = embedding_.values.begin() + token * kHidden;
        states.emplace_back(first, first + kHidden);
      }
    }
    return states;
  }

  void add(std::size_t l, const Vector& attention, std::vector<Vector>& states) const {
    for (std::size_t row = 0; row < states.size(); ++row) {
      const Vector added = layers_[l].output.times(slice(attention, row));
      for (std::size_t c = 0; c < added.size(); ++c) states[row][c] += added[c];
    }
  }

  static Vector run(const std::string& op, const std::string& variant, const Problem& problem) {
    testing_support::PlacedCall placed(problem);
    PlainContext context;
    const SubjectTable& table = table_of(op);
    const Status status = testing_support::variant_of(table, variant).run(placed.call(), context);
    EXPECT_TRUE(status.ok()) << status.message();
    return placed.read("out");
  }

  static const SubjectTable& table_of(const std::string& op) {
    static const SubjectTable kDecode = testing_support::cpu_subjects("decode_step");
    static const SubjectTable kPrefill = testing_support::cpu_subjects("prefill_context");
    return op == "decode_step" ? kDecode : kPrefill;
  }

  // How far the two attentions may be apart, element by element.
  static Vector both_reaches(const Problem& absorbed, const Problem& full) {
    const ExpectedTensor a = find_op("decode_step")->oracle->expect(absorbed).outputs.front();
    const ExpectedTensor b = find_op("prefill_context")->oracle->expect(full).outputs.front();
    Vector reach;
    for (std::size_t i = 0; i < b.bound.size(); ++i) reach.push_back(a.reach(i) + b.reach(i));
    return reach;
  }

  // A product with magnitudes: of the bounds of attention those of logits. The sums in double come on top.
  Vector logit_bounds(const Vector& reach) const {
    const auto magnitudes = [](Matrix matrix) {
      for (double& value : matrix.values) value = std::fabs(value);
      return matrix;
    };
    Vector bounds = magnitudes(embedding_).times(magnitudes(layers_.back().output).times(reach));
    for (double& bound : bounds) bound += 1e-10;
    return bounds;
  }

  static TwoWays compared(const Vector& one, const Vector& other, const Vector& bounds) {
    TwoWays result{.greedy = best(one), .other = best(other)};
    result.gap = std::numeric_limits<double>::infinity();
    result.bound = 0;
    const auto first = static_cast<std::size_t>(result.greedy);
    for (std::size_t i = 0; i < one.size(); ++i) {
      const double apart = std::fabs(one[i] - other[i]);
      result.apart = std::max(result.apart, apart);
      result.inside = result.inside && apart <= bounds[i];
      if (i == first) continue;
      result.gap = std::min(result.gap, one[first] - one[i]);
      result.bound = std::max(result.bound, bounds[first] + bounds[i]);
    }
    return result;
  }

  static Vector normalised(const Vector& x) {
    double square = 0;
    for (const double value : x) square += value * value;
    Vector result;
    const double factor = 4 * std::sqrt(static_cast<double>(x.size()) / (square + 1e-6));
    for (const double value : x) result.push_back(value * factor);
    return result;
  }

  // Rotates a pair of columns by an angle that grows with the position.
  static void rotate(double* pair, std::int64_t position) {
    const double angle = 0.3 * static_cast<double>(position);
    const double a = pair[0];
    const double b = pair[1];
    pair[0] = a * std::cos(angle) - b * std::sin(angle);
    pair[1] = a * std::sin(angle) + b * std::cos(angle);
  }

  // Writes the latents of the step into the cache, and asks for attention to all of it.
  Problem problem_of(std::size_t l, const std::vector<Turn>& turns,
                     const std::vector<Vector>& states, std::int64_t rows_of) {
    const Layer& layer = layers_[l];
    Vector nope;
    Vector rope;
    Vector lengths;
    Vector lens;
    Vector starts;
    Vector table;
    std::size_t width = 1;
    for (const Turn& turn : turns) width = std::max(width, turn.pages.size());
    std::size_t row = 0;
    for (const Turn& turn : turns) {
      starts.push_back(static_cast<double>(row));
      lens.push_back(static_cast<double>(turn.tokens.size()));
      lengths.push_back(static_cast<double>(turn.position + std::ssize(turn.tokens)));
      for (std::size_t i = 0; i < width; ++i) {
        table.push_back(i < turn.pages.size() ? static_cast<double>(turn.pages[i]) : -1);
      }
      for (std::int64_t i = 0; i < std::ssize(turn.tokens); ++i, ++row) {
        const Vector x = normalised(states[row]);
        const std::int64_t position = turn.position + i;
        Vector query = layer.query.times(x);
        for (std::int64_t h = 0; h < kHeads; ++h) {
          double* const head = query.data() + h * (kNope + kRope);
          rotate(head + kNope, position);
          nope.insert(nope.end(), head, head + kNope);
          rope.insert(rope.end(), head + kNope, head + kNope + kRope);
        }
        Vector latent = layer.latent.times(x);
        rotate(latent.data() + kLatent, position);
        const std::int64_t page = turn.pages[static_cast<std::size_t>(position / kPage)];
        std::copy(latent.begin(), latent.end(),
                  caches_[l].begin() + (page * kPage + position % kPage) * (kLatent + kRope));
      }
    }
    const auto live = static_cast<std::int64_t>(row);
    const std::int64_t rows = (live + rows_of - 1) / rows_of * rows_of;
    nope.resize(static_cast<std::size_t>(rows * kHeads * kNope), 1e4);
    rope.resize(static_cast<std::size_t>(rows * kHeads * kRope), 1e4);

    Problem problem;
    const auto add = [&](const char* name, DType dtype, std::vector<std::int64_t> shape,
                         const Vector& values) {
      problem.operands.push_back(
          testing_support::dense_operand(name, dtype, Access::input, std::move(shape), values));
    };
    const std::int64_t requests = std::ssize(turns);
    add("q_nope", dtype_, {rows, kHeads, kNope}, nope);
    add("q_rope", dtype_, {rows, kHeads, kRope}, rope);
    add("kv", dtype_, {pages_, kPage, kLatent + kRope}, caches_[l]);
    add("w_uk", dtype_, {kHeads, kNope, kLatent}, layer.w_uk.values);
    add("w_uv", dtype_, {kHeads, kLatent, kWidth}, layer.w_uv.values);
    add("seq_lens", DType::i32, {requests}, lengths);
    add("block_table", DType::i32, {requests, static_cast<std::int64_t>(width)}, table);
    add("decode_lens", DType::i32, {requests}, lens);
    add("query_start_loc", DType::i32, {requests}, starts);
    problem.operands.push_back(
        testing_support::dense_operand("out", dtype_, Access::output, {rows, kHeads, kWidth}, {}));
    reference::write_scalars(problem, Parameters{.decode_tokens = live,
                                                 .min_decode_len = static_cast<std::int64_t>(
                                                     *std::min_element(lens.begin(), lens.end())),
                                                 .max_decode_len = static_cast<std::int64_t>(
                                                     *std::max_element(lens.begin(), lens.end())),
                                                 .splits = 2,
                                                 .scale = 0.5});
    return problem;
  }

  std::int64_t pages_;
  DType dtype_;  // of attention
  Matrix embedding_;
  std::array<Layer, kLayers> layers_;
  std::array<Vector, kLayers> caches_;
};

}  // namespace mlacheck::decode_step
