// Decode whose keys are spread over ranks: key p of a request lies on rank (p / I) mod d, each rank
// attends to what it holds, and the partial states are merged. That must be what one rank with all keys
// gives, within the bounds of all steps, and a rank may hold nothing of a request.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "harness/op/random.hpp"
#include "harness/subjects/ops.hpp"
#include "reference/common/merge_step.hpp"
#include "reference/mla_decode/parameters.hpp"
#include "tests/support/dense_operand.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::mla_decode {
namespace {

using reference::Bounded;
using reference::LseStep;
using reference::ValueRow;
using testing_support::cpu_subjects;
using testing_support::dense_operand;
using testing_support::PlacedCall;
using testing_support::variant_of;

constexpr std::int64_t kHeads = 2;
constexpr std::int64_t kLatent = 8;
constexpr std::int64_t kDepth = 10;
constexpr std::int64_t kPage = 4;

struct Request {
  std::int64_t tokens;
  std::int64_t length;
};

// Among them one that is shorter than its step, one without keys, and one of more than one tile.
const std::vector<Request> kRequests{{3, 7}, {1, 5}, {2, 1}, {2, 0}, {4, 40}, {1, 1}};

struct Ranks {
  std::int64_t count = 1;
  std::int64_t interleave = 1;

  std::int64_t rank_of(std::int64_t key) const { return key / interleave % count; }

  // Of the first `length` keys.
  std::vector<std::int64_t> held_by(std::int64_t rank, std::int64_t length) const {
    std::vector<std::int64_t> keys;
    for (std::int64_t key = 0; key < length; ++key) {
      if (rank_of(key) == rank) keys.push_back(key);
    }
    return keys;
  }
};

/// What a rank takes for the keys that a token sees.
enum class Mask {
  global,        ///< those of its own before the token's place in the sequence
  local_length,  ///< its own, less one for each later token of the step
  exclusive,     ///< those before the token, and not the token's own
};

// Values [T, H, latent] and LSE [T, H], as a subject has them and as the oracle bounds them.
struct State {
  std::vector<double> out;
  std::vector<double> lse;
  ExpectedTensor expected_out;
  ExpectedTensor expected_lse;
};

// One batch: random queries and keys.
class Batch {
 public:
  Batch(DType dtype, std::uint64_t seed) : dtype_(dtype), random_(seed, 29) {
    for (const Request& request : kRequests) {
      queries_.push_back(draw(request.tokens * kHeads * kDepth));
      keys_.push_back(draw(request.length * kDepth));
    }
  }

  State on_one_rank() const { return state_of({}, 0, Mask::global); }

  /// Each token is a request of its own, as decode_step has it: what it sees is its length.
  State state_of(const Ranks& ranks, std::int64_t rank, Mask mask) const {
    std::vector<double> q;
    std::vector<double> cache;
    std::vector<double> lengths;
    std::vector<std::vector<double>> tables;
    std::vector<double> starts{0};
    for (std::size_t r = 0; r < kRequests.size(); ++r) {
      const Request& request = kRequests[r];
      q.insert(q.end(), queries_[r].begin(), queries_[r].end());
      std::vector<double> table;
      for (const std::int64_t key : ranks.held_by(rank, request.length)) {
        if (cache.size() % (kPage * kDepth) == 0 || table.empty())
          table.push_back(next_page(cache));
        const auto first = keys_[r].begin() + key * kDepth;
        cache.insert(cache.end(), first, first + kDepth);
      }
      for (std::int64_t token = 0; token < request.tokens; ++token) {
        tables.push_back(table);
        starts.push_back(starts.back() + 1);
        lengths.push_back(static_cast<double>(visible(ranks, rank, mask, request, token)));
      }
    }
    next_page(cache);
    return run(problem_of(q, cache, lengths, tables, starts));
  }

  /// The states of all ranks, one after the other.
  State merged(const Ranks& ranks, Mask mask, double lse_unit = 1) const {
    State running = state_of(ranks, 0, mask);
    for (double& lse : running.lse) lse /= lse_unit;
    for (std::int64_t rank = 1; rank < ranks.count; ++rank) {
      running = merge(running, state_of(ranks, rank, mask));
    }
    return running;
  }

 private:
  std::vector<double> draw(std::int64_t count) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < count; ++i) {
      const double value = static_cast<double>(random_.between(-1000, 1000)) / 500;
      values.push_back(decode(dtype_, encode(dtype_, value)));
    }
    return values;
  }

  // Slots past the last key hold what a bug would notice. The page that begins then.
  static double next_page(std::vector<double>& cache) {
    while (cache.size() % (kPage * kDepth) != 0) cache.push_back(1e4);
    const std::size_t pages = cache.size() / (kPage * kDepth);
    return static_cast<double>(pages);
  }

  static std::int64_t visible(const Ranks& ranks, std::int64_t rank, Mask mask,
                              const Request& request, std::int64_t token) {
    const std::int64_t later = request.tokens - 1 - token;
    const std::int64_t seen = std::max<std::int64_t>(request.length - later, 0);
    switch (mask) {
      case Mask::local_length:
        return std::max<std::int64_t>(std::ssize(ranks.held_by(rank, request.length)) - later, 0);
      case Mask::exclusive:
        return std::ssize(ranks.held_by(rank, std::max<std::int64_t>(seen - 1, 0)));
      default:
        return std::ssize(ranks.held_by(rank, seen));
    }
  }

  Problem problem_of(const std::vector<double>& q, const std::vector<double>& cache,
                     const std::vector<double>& lengths,
                     const std::vector<std::vector<double>>& tables,
                     const std::vector<double>& starts) const {
    const auto rows = static_cast<std::int64_t>(lengths.size());
    const auto pages = static_cast<std::int64_t>(cache.size()) / (kPage * kDepth);
    std::size_t widest = 1;
    for (const auto& table : tables) widest = std::max(widest, table.size());
    std::vector<double> table;
    for (std::vector<double> row : tables) {
      row.resize(widest, -7);
      table.insert(table.end(), row.begin(), row.end());
    }
    Problem problem;
    const auto add = [&](const char* name, DType dtype, Access access,
                         std::vector<std::int64_t> shape, const std::vector<double>& values) {
      problem.operands.push_back(dense_operand(name, dtype, access, std::move(shape), values));
    };
    add("q", dtype_, Access::input, {rows, kHeads, kDepth}, q);
    add("kv", dtype_, Access::input, {pages, kPage, kDepth}, cache);
    add("query_start_loc", DType::i32, Access::input, {rows + 1}, starts);
    add("block_table", DType::i32, Access::input, {rows, static_cast<std::int64_t>(widest)}, table);
    add("seq_lens", DType::i32, Access::input, {rows}, lengths);
    add("out", dtype_, Access::output, {rows, kHeads, kLatent}, {});
    add("lse_out", DType::f32, Access::output, {rows, kHeads}, {});
    reference::write_scalars(problem, Parameters{.latent = kLatent, .causal = false, .scale = 0.3});
    return problem;
  }

  static State run(const Problem& problem) {
    PlacedCall placed(problem);
    PlainContext context;
    const Status status =
        variant_of(cpu_subjects("mla_decode"), "empty").run(placed.call(), context);
    EXPECT_TRUE(status.ok()) << status.message();
    const Expectation expectation = find_op("mla_decode")->oracle->expect(problem);
    return {placed.read("out"), placed.read("lse_out"), expectation.outputs.front(),
            expectation.outputs.back()};
  }

  // LSE [T, H] as [H, T].
  static std::vector<double> by_head(const std::vector<double>& lse) {
    std::vector<double> turned;
    for (std::int64_t head = 0; head < kHeads; ++head) {
      for (std::size_t i = 0; i < lse.size(); i += kHeads) {
        turned.push_back(lse[i + static_cast<std::size_t>(head)]);
      }
    }
    return turned;
  }

  State merge(const State& prefix, const State& suffix) const {
    const auto rows = std::ssize(prefix.lse) / kHeads;
    Problem problem;
    const auto add = [&](const char* name, DType dtype, Access access, bool lse,
                         const std::vector<double>& values) {
      const std::vector<std::int64_t> shape =
          lse ? std::vector<std::int64_t>{kHeads, rows} : std::vector{rows, kHeads, kLatent};
      problem.operands.push_back(dense_operand(name, dtype, access, shape, values));
    };
    add("prefix_out", dtype_, Access::input, false, prefix.out);
    add("prefix_lse", DType::f32, Access::input, true, by_head(prefix.lse));
    add("suffix_out", dtype_, Access::input, false, suffix.out);
    add("suffix_lse", DType::f32, Access::input, true, by_head(suffix.lse));
    add("out", dtype_, Access::output, false, {});
    add("lse_out", DType::f32, Access::output, true, {});
    problem.integers = {{"prefill_tokens_with_context", rows}};
    PlacedCall placed(problem);
    PlainContext context;
    const Status status =
        variant_of(cpu_subjects("merge_states"), "vectorized").run(placed.call(), context);
    EXPECT_TRUE(status.ok()) << status.message();
    State state{placed.read("out"), {}, prefix.expected_out, prefix.expected_lse};
    const std::vector<double> lse = placed.read("lse_out");
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t head = 0; head < kHeads; ++head) {
        state.lse.push_back(lse[static_cast<std::size_t>(head * rows + row)]);
        bound_merge(suffix, static_cast<std::size_t>(row * kHeads + head), state);
      }
    }
    return state;
  }

  // What is expected of one row of the merged state.
  void bound_merge(const State& suffix, std::size_t row, State& state) const {
    const auto row_of = [&](const ExpectedTensor& tensor) {
      ValueRow values{Eigen::ArrayXd(kLatent), Eigen::ArrayXd(kLatent)};
      for (Eigen::Index c = 0; c < kLatent; ++c) {
        const auto at = row * kLatent + static_cast<std::size_t>(c);
        values.value[c] = tensor.value[at];
        values.bound[c] = tensor.bound[at];
      }
      return values;
    };
    const auto lse_of = [&](const ExpectedTensor& tensor) {
      return Bounded{tensor.value[row], tensor.bound[row]};
    };
    const LseStep step =
        reference::merge_lse(lse_of(state.expected_lse), lse_of(suffix.expected_lse));
    const ValueRow merged = reference::merge_values(step, row_of(state.expected_out),
                                                    row_of(suffix.expected_out), dtype_);
    for (Eigen::Index c = 0; c < kLatent; ++c) {
      const auto at = row * kLatent + static_cast<std::size_t>(c);
      state.expected_out.value[at] = merged.value[c];
      state.expected_out.bound[at] = merged.bound[c];
    }
    state.expected_lse.value[row] = step.lse.value;
    state.expected_lse.bound[row] = step.lse.bound;
  }

  DType dtype_;
  Random random_;
  std::vector<std::vector<double>> queries_;
  std::vector<std::vector<double>> keys_;
};

// How many elements of `many` are further from those of `one` than both bounds, and how near they come.
struct Distance {
  int outside = 0;
  double used = 0;
};

Distance distance_of(const State& one, const State& many) {
  Distance distance;
  const auto note = [&](double a, double b, double bound) {
    if (a == b) return;
    const double apart = std::fabs(a - b);
    if (!(apart <= bound)) ++distance.outside;
    distance.used = std::max(distance.used, apart / bound);
  };
  for (std::size_t i = 0; i < one.out.size(); ++i) {
    note(one.out[i], many.out[i], one.expected_out.bound[i] + many.expected_out.bound[i]);
  }
  for (std::size_t i = 0; i < one.lse.size(); ++i) {
    note(one.lse[i], many.lse[i], one.expected_lse.bound[i] + many.expected_lse.bound[i]);
  }
  return distance;
}

TEST(ContextParallelDecode, AnyRanksEqualOne) {
  double used = 0;
  for (const DType dtype : {DType::f32, DType::bf16, DType::f16}) {
    for (const std::uint64_t seed : {1U, 2U}) {
      const Batch batch(dtype, seed);
      const State one = batch.on_one_rank();
      for (std::int64_t count = 1; count <= 4; ++count) {
        for (const std::int64_t interleave : {1, 2, 3, 16}) {
          const Distance distance =
              distance_of(one, batch.merged({count, interleave}, Mask::global));
          EXPECT_EQ(distance.outside, 0) << count << " ranks, interleave " << interleave;
          used = std::max(used, distance.used);
        }
      }
    }
  }
  // A bound that is never approached would prove little.
  EXPECT_GT(used, 0.05);
}

// A token that sees no key has 0 and -inf, whatever the ranks hold.
TEST(ContextParallelDecode, RowsWithoutKeysStayEmpty) {
  const Batch batch(DType::bf16, 3);
  const State merged = batch.merged({3, 2}, Mask::global);
  int empty = 0;
  std::size_t row = 0;
  for (const Request& request : kRequests) {
    for (std::int64_t token = 0; token < request.tokens; ++token, ++row) {
      if (request.length > request.tokens - 1 - token) continue;
      ++empty;
      EXPECT_EQ(merged.lse[row * kHeads], -std::numeric_limits<double>::infinity());
      EXPECT_EQ(merged.out[row * kHeads * kLatent], 0);
    }
  }
  EXPECT_EQ(empty, 3);
}

// What others got wrong is noticed.
TEST(ContextParallelDecode, WrongMasksAndBasesAreOutside) {
  for (const DType dtype : {DType::f32, DType::bf16}) {
    const Batch batch(dtype, 4);
    const State one = batch.on_one_rank();
    for (const Ranks& ranks : {Ranks{2, 1}, Ranks{3, 2}, Ranks{4, 1}}) {
      for (const Mask mask : {Mask::local_length, Mask::exclusive}) {
        EXPECT_GT(distance_of(one, batch.merged(ranks, mask)).outside, 0);
      }
      EXPECT_GT(distance_of(one, batch.merged(ranks, Mask::global, std::log(2.0))).outside, 0);
    }
  }
}

}  // namespace
}  // namespace mlacheck::mla_decode
