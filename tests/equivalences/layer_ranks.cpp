// L3 of decode: keys dealt out to the caches of several ranks, partial states merged.
#include <algorithm>
#include <cmath>

#include "harness/subjects/ops.hpp"
#include "properties/common/operands.hpp"
#include "reference/merge_states/parameters.hpp"
#include "reference/mla_decode/parameters.hpp"
#include "tests/equivalences/layer_parts.hpp"
#include "tests/equivalences/layer_problems.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

/// How many of the first `length` keys a rank holds.
using Held = std::int64_t (*)(std::int64_t length, std::int64_t rank, std::int64_t ranks);

// Key c of rank r is number c d + r.
std::int64_t dealt_in_turn(std::int64_t length, std::int64_t rank, std::int64_t ranks) {
  return (length - rank + ranks - 1) / ranks;
}

// What a rank has if all but the last have as many, rounded up.
std::int64_t even_share(std::int64_t length, std::int64_t /*rank*/, std::int64_t ranks) {
  return (length + ranks - 1) / ranks;
}

// Values and LSEs of all rows [rows, H], and how far each may be from what it stands for.
struct State {
  std::vector<std::uint32_t> out;
  std::vector<std::uint32_t> lse;
  std::vector<double> out_error;
  std::vector<double> lse_error;
};

// The cache of one rank, and lengths and tables that speak of it: a row a request.
Problem on_rank(const Problem& whole, std::int64_t rank, std::int64_t ranks, Held held) {
  Problem problem = whole;
  const mla_decode::Operands was{whole};
  const mla_decode::Operands o{problem};
  const Integers starts = entries_of(was.query_start_loc());
  const Integers lengths = entries_of(was.seq_lens());
  const std::int64_t page = was.kv().layout.shape[1];
  const std::int64_t columns = was.kv().layout.shape[2];
  const std::int64_t requests = std::ssize(lengths);
  const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  // One key more than any rank has, so that a rank that takes too many finds a place in its table.
  const std::int64_t width = longest / ranks / page + 1;
  Operand& kv = o.kv();
  kv.layout = Layout::dense({requests * width, page, columns});
  kv.bits.assign(static_cast<std::size_t>(kv.layout.elements()), 0);
  kv.cells.assign(kv.bits.size(), Cell::dead);
  const PagedRows cache(was.kv(), was.block_table());
  Integers table;
  Integers owners;
  Integers seen;
  for (std::int64_t r = 0; r < requests; ++r) {
    const auto at = static_cast<std::size_t>(r);
    const std::int64_t tokens = starts[at + 1] - starts[at];
    for (std::int64_t i = 0; i < width; ++i) table.push_back(r * width + i);
    for (std::int64_t later = tokens - 1; later >= 0; --later) {
      const std::int64_t visible = std::max<std::int64_t>(lengths[at] - later, 0);
      owners.push_back(r);
      seen.push_back(std::max<std::int64_t>(held(visible, rank, ranks), 0));
    }
    if (tokens == 0) continue;
    for (std::int64_t i = rank; i < lengths[at]; i += ranks) {
      const auto from = static_cast<std::ptrdiff_t>(cache.row_of(r, i));
      const std::int64_t to = ((r * width) * page + i / ranks) * columns;
      std::copy_n(was.kv().bits.begin() + from, columns, kv.bits.begin() + to);
      std::fill_n(kv.cells.begin() + to, columns, Cell::live);
    }
  }
  Operand& pages = o.block_table();
  set_entries(pages, table);
  pages.layout = Layout::dense({requests, width});
  pages.cells.clear();
  pages = take(pages, 0, owners);
  set_entries(o.seq_lens(), seen);
  set_entries(o.query_start_loc(), index_range(0, std::ssize(owners) + 1));
  set_integer(problem, "causal", 0);
  return problem;
}

std::vector<double> reaches(const ExpectedTensor& expected, DType dtype) {
  std::vector<double> all;
  for (std::size_t i = 0; i < expected.bound.size(); ++i) {
    all.push_back(reach_of(expected, dtype, i));
  }
  return all;
}

State state_of(const Run& run, const Problem& problem) {
  const std::vector<ExpectedTensor> expected =
      find_op("mla_decode")->oracle->expect(problem).outputs;
  State state;
  for (const ExpectedTensor& tensor : expected) {
    const bool is_lse = tensor.operand == "lse_out";
    (is_lse ? state.lse : state.out) = run.bits(tensor.operand);
    (is_lse ? state.lse_error : state.out_error) =
        reaches(tensor, problem.operand(tensor.operand).dtype);
  }
  return state;
}

// Half of what lies between a number and the next larger one of its type.
double rounding_of(DType dtype, std::uint32_t bits) {
  const double next = decode(dtype, bits + 1);
  return std::isfinite(next) ? std::fabs(next - decode(dtype, bits)) / 2 : 0;
}

// An LSE [rows, H] as [H, T], or back.
template <class T>
std::vector<T> transposed(const std::vector<T>& values, std::int64_t rows) {
  const std::int64_t columns = rows == 0 ? 0 : std::ssize(values) / rows;
  std::vector<T> result;
  for (std::int64_t c = 0; c < columns; ++c) {
    for (std::int64_t r = 0; r < rows; ++r) {
      result.push_back(values[static_cast<std::size_t>(r * columns + c)]);
    }
  }
  return result;
}

Problem merge_of(const State& prefix, const State& suffix, const Operand& out) {
  const std::int64_t tokens = out.layout.shape[0];
  const std::int64_t heads = out.layout.shape[1];
  const Layout values = Layout::dense(out.layout.shape);
  const Layout lse = Layout::dense({heads, tokens});
  Problem problem;
  problem.operands = {input_operand("prefix_out", out.dtype, values, prefix.out),
                      input_operand("prefix_lse", DType::f32, lse, transposed(prefix.lse, tokens)),
                      input_operand("suffix_out", out.dtype, values, suffix.out),
                      input_operand("suffix_lse", DType::f32, lse, transposed(suffix.lse, tokens)),
                      output_operand("out", out.dtype, values),
                      output_operand("lse_out", DType::f32, lse)};
  reference::write_scalars(problem, merge_states::Parameters{.context_tokens = tokens});
  return problem;
}

// The exact merge of exact states is as far from the merge of these as their values are, and as the
// weights move: the weight of the prefix has a slope of at most 1/4 in the difference of the LSEs.
State merged(Trial& trial, const State& a, const State& b, const Operand& out) {
  const Problem problem = merge_of(a, b, out);
  const Run run = trial.run_bundled("merge_states", "vectorized", problem, "merge of two ranks");
  const std::vector<ExpectedTensor> expected =
      find_op("merge_states")->oracle->expect(problem).outputs;
  const std::int64_t heads = out.layout.shape[1];
  State state{run.bits("out"), transposed(run.bits("lse_out"), heads),
              reaches(expected[0], out.dtype), transposed(reaches(expected[1], DType::f32), heads)};
  const auto width = static_cast<std::size_t>(out.layout.shape[2]);
  for (std::size_t row = 0; row < state.lse.size(); ++row) {
    const bool no_a = std::isinf(decode(DType::f32, a.lse[row]));
    const bool no_b = std::isinf(decode(DType::f32, b.lse[row]));
    const double moved = no_a || no_b ? 0 : (a.lse_error[row] + b.lse_error[row]) / 4;
    state.lse_error[row] += std::max(no_a ? 0 : a.lse_error[row], no_b ? 0 : b.lse_error[row]);
    for (std::size_t i = row * width; i < (row + 1) * width; ++i) {
      // Without a bound the oracle gives the bits to store, and not how far they were rounded.
      if (!no_a && !no_b && expected[0].bound[i] == 0) {
        state.out_error[i] = rounding_of(out.dtype, state.out[i]);
      }
      const double apart =
          moved == 0 ? 0 : std::fabs(decode(out.dtype, a.out[i]) - decode(out.dtype, b.out[i]));
      state.out_error[i] +=
          std::max(no_a ? 0 : a.out_error[i], no_b ? 0 : b.out_error[i]) + moved * apart;
    }
  }
  return state;
}

std::function<bool(Trial&)> ranks_equal_one(Held held) {
  return [held](Trial& trial) {
    const Problem& whole = trial.problem();
    const Operand& out = whole.operand("out");
    const std::int64_t ranks = trial.random().between(2, 4);
    State all;
    for (std::int64_t rank = 0; rank < ranks; ++rank) {
      const Problem problem = on_rank(whole, rank, ranks, held);
      const State own = state_of(trial.run(problem, "one rank of several"), problem);
      all = rank == 0 ? own : merged(trial, all, own, out);
    }
    // As the results of a run, so that they are compared like others.
    Run run = trial.first();
    run.outputs[whole.index_of("out")] = all.out;
    ExpectedTensor bounds{"out", {}, all.out_error};
    for (const std::uint32_t bits : all.out) bounds.value.push_back(decode(out.dtype, bits));
    const ExpectedTensor mine = trial.expect(whole);
    trial.expect_close({&trial.first(), &mine}, {&run, &bounds}, all.out.size(), "ranks merged");
    const State one = state_of(trial.first(), whole);
    for (std::size_t i = 0; i < all.lse.size(); ++i) {
      const double here = decode(DType::f32, one.lse[i]);
      const double there = decode(DType::f32, all.lse[i]);
      if (here != there && !(std::fabs(here - there) <= one.lse_error[i] + all.lse_error[i])) {
        throw Broken("the LSE of row " + std::to_string(i) + " is " + std::to_string(here) +
                     " on one rank and " + std::to_string(there) + " merged");
      }
    }
    return true;
  };
}

void several_keys(Attention& f, Random& random) {
  small_step(f, random);
  f.page_map = mla_decode::PageMap::block_table;
  f.causal = true;
  f.padding = 0;
}

}  // namespace

std::vector<Part> decode_ranks() {
  return {by_bounds(of_attention(&several_keys, ranks_equal_one(&dealt_in_turn)))};
}

std::vector<Part> evenly_shared_ranks() {
  return {by_bounds(of_attention(&several_keys, ranks_equal_one(&even_share)))};
}

}  // namespace mlacheck::equivalences
