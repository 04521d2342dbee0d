// L1, L4 and L6 of decode steps.
#include <algorithm>
#include <cmath>

#include "properties/decode_step/relations.hpp"
#include "properties/prefill_context/relations.hpp"
#include "reference/mla_decode/parameters.hpp"
#include "tests/equivalences/layer_parts.hpp"
#include "tests/equivalences/layer_problems.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

constexpr const char* kPrefill = "prefill_context";

// Absorbed queries against latents, and queries against keys and values of every head.
bool equals_full_attention(Trial& trial) {
  const Problem& decode = trial.problem();
  const std::int64_t chunk = trial.random().between(3, 30);
  const Problem prefill = as_prefill(decode, chunk);
  const Run full = trial.run_of(kPrefill, "swapped", prefill, "keys and values of every head");
  const ExpectedTensor mine = trial.expect(decode);
  const ExpectedTensor theirs = trial.expect_of(kPrefill, prefill);
  trial.expect_close({&trial.first(), &mine}, {&full, &theirs}, full.bits("out").size(),
                     "absorbed and not");
  return true;
}

bool one_each(Trial& trial) {
  trial.expect_bits(decode_step::one_token_each(trial.problem()));
  return true;
}

// The step in which each request has its token number `step` alone, and no later one has been cached.
struct SingleStep {
  Problem problem;
  Integers rows;  // of the whole step, in the order of this one
};

SingleStep single_step(const Problem& whole, std::int64_t step) {
  SingleStep single;
  const Integers lens = entries_of(decode_step::Operands{whole}.decode_lens());
  Integers lengths = entries_of(decode_step::Operands{whole}.seq_lens());
  const Integers starts = running_sums(lens);
  Integers own(lens.size(), 0);
  for (std::size_t r = 0; r < lens.size(); ++r) {
    if (lens[r] <= step) continue;
    own[r] = 1;
    single.rows.push_back(starts[r] + step);
  }
  Problem problem =
      restricted(Check::batch, "", whole, {{"q_nope", 0}, {"q_rope", 0}, {"out", 0}}, single.rows)
          .problem;
  const decode_step::Operands o{problem};
  const PagedRows cache(o.kv(), o.block_table());
  o.kv().cells.resize(o.kv().bits.size(), Cell::live);
  o.block_table().cells.resize(o.block_table().bits.size(), Cell::live);
  for (std::size_t r = 0; r < lens.size(); ++r) {
    const auto request = static_cast<std::int64_t>(r);
    const std::int64_t length =
        own[r] == 0 ? 0 : std::max<std::int64_t>(lengths[r] - lens[r] + step + 1, 0);
    if (lens[r] > 0) {
      for (std::int64_t i = length; i < lengths[r]; ++i) {
        const auto at = static_cast<std::ptrdiff_t>(cache.row_of(request, i));
        std::fill_n(o.kv().cells.begin() + at, cache.columns(), Cell::dead);
      }
    }
    if (own[r] == 0) {
      std::fill_n(o.block_table().cells.begin() + request * o.columns(), o.columns(), Cell::dead);
    }
    lengths[r] = length;
  }
  set_entries(o.decode_lens(), own);
  set_entries(o.seq_lens(), lengths);
  const Integers ends = running_sums(own);
  set_entries(o.query_start_loc(), Integers(ends.begin(), ends.end() - 1));
  decode_step::Parameters p = decode_step::Parameters::of(problem);
  p.decode_tokens = ends.back();
  p.min_decode_len = *std::min_element(own.begin(), own.end());
  p.max_decode_len = 1;
  p.lens_exact = true;
  reference::write_scalars(problem, p);
  single.problem = std::move(problem);
  return single;
}

bool one_step_at_a_time(Trial& trial) {
  const Problem& whole = trial.problem();
  const Integers lens = entries_of(decode_step::Operands{whole}.decode_lens());
  const auto elements = static_cast<std::size_t>(decode_step::Operands{whole}.heads() *
                                                 decode_step::Operands{whole}.width());
  for (std::int64_t step = 0; step < *std::max_element(lens.begin(), lens.end()); ++step) {
    const SingleStep single = single_step(whole, step);
    const Run run = trial.run(single.problem, "one token a step");
    for (std::size_t i = 0; i < single.rows.size(); ++i) {
      trial.expect_equal(trial.first(), static_cast<std::size_t>(single.rows[i]) * elements, run,
                         i * elements, elements, "step " + std::to_string(step) + " alone");
    }
  }
  return true;
}

// The rows of a causal request as requests of one row each, which see what the rows saw.
Problem rows_apart(const Problem& causal) {
  Problem problem = causal;
  const mla_decode::Operands o{problem};
  const Integers starts = entries_of(o.query_start_loc());
  const Integers lengths = entries_of(o.seq_lens());
  Integers owners;
  Integers seen;
  for (std::size_t r = 0; r < lengths.size(); ++r) {
    for (std::int64_t later = starts[r + 1] - starts[r] - 1; later >= 0; --later) {
      owners.push_back(static_cast<std::int64_t>(r));
      seen.push_back(std::max<std::int64_t>(lengths[r] - later, 0));
    }
  }
  o.block_table() = take(o.block_table(), 0, owners);
  set_entries(o.seq_lens(), seen);
  set_entries(o.query_start_loc(), index_range(0, std::ssize(owners) + 1));
  set_integer(problem, "causal", 0);
  return problem;
}

bool causal_equals_apart(Trial& trial) {
  const Problem apart = rows_apart(trial.problem());
  trial.expect_same(trial.first(), trial.run(apart, "rows apart"), "causal, and its rows apart");
  return true;
}

bool requests_alone(Trial& trial) {
  const Integers lens = entries_of(decode_step::Operands{trial.problem()}.decode_lens());
  for (std::int64_t r = 0; r < std::ssize(lens); ++r) {
    if (lens[static_cast<std::size_t>(r)] == 0) continue;
    trial.expect_bits(decode_step::chosen_requests("request " + std::to_string(r) + " alone",
                                                   trial.problem(), {r}));
  }
  return true;
}

bool prefills_alone(Trial& trial) {
  const Integers starts = entries_of(prefill_context::Operands{trial.problem()}.query_start_loc());
  for (std::int64_t r = 0; r + 1 < std::ssize(starts); ++r) {
    const auto at = static_cast<std::size_t>(r);
    if (starts[at] == starts[at + 1]) continue;
    trial.expect_bits(prefill_context::request_alone(trial.problem(), r));
  }
  return true;
}

// The rows of a captured graph past the tokens of the step.
bool padding_changes_nothing(Trial& trial) {
  Case padded = trial.the_case();
  const std::int64_t more = trial.random().between(1, 7);
  padded.set("padding", std::min<std::int64_t>(padded.integer("padding") + more, 64));
  const Problem problem = trial.materialise(padded);
  const Run run = trial.run(problem, "padded");
  const std::size_t own = trial.first().bits("out").size();
  trial.expect_equal(trial.first(), 0, run, 0, own, "with padding rows");
  for (std::size_t i = own; i < run.bits("out").size(); ++i) {
    if (decode(problem.operand("out").dtype, run.bits("out")[i]) != 0) {
      throw Broken("a padding row is not 0");
    }
  }
  return true;
}

void whole_step(Decode& f, Random& random) {
  small_step(f, random);
  whole_lengths(f);
}

}  // namespace

std::vector<Part> absorbed() { return {by_bounds(of_decode(&whole_step, &equals_full_attention))}; }

std::vector<Part> several_tokens() {
  const auto fit = [](auto& f, Random& random) { small_step(f, random); };
  const auto causal = [](Attention& f, Random& random) {
    small_step(f, random);
    f.causal = true;
    f.page_map = mla_decode::PageMap::block_table;
    f.padding = 0;
  };
  return {of_decode(fit, &one_each), of_decode(fit, &one_step_at_a_time),
          of_attention(causal, &causal_equals_apart)};
}

std::vector<Part> batches() {
  const auto fit = [](auto& f, Random& random) { small_step(f, random); };
  return {of_decode(fit, &requests_alone), of_prefill(fit, &prefills_alone)};
}

std::vector<Part> padding_rows() {
  const auto fit = [](Decode& f, Random& random) { small_step(f, random); };
  return {of_decode(fit, &padding_changes_nothing)};
}

}  // namespace mlacheck::equivalences
