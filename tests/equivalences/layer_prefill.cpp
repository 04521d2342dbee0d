// L2, L3 and L5: chunks, ranks, and variants.
#include "tests/equivalences/layer_parts.hpp"
#include "tests/equivalences/layer_problems.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

void expect_close_to(Trial& trial, const Problem& other, const std::string& which) {
  const Run run = trial.run(other, which);
  const ExpectedTensor mine = trial.expect(trial.problem());
  const ExpectedTensor theirs = trial.expect(other);
  trial.expect_close({&trial.first(), &mine}, {&run, &theirs}, run.bits("out").size(), which);
}

bool one_chunk(Trial& trial) {
  Case whole = trial.the_case();
  expect_close_to(trial, trial.materialise(whole.set("chunk", 4096)), "one chunk");
  Case narrow = trial.the_case();
  narrow.set("chunk", trial.random().between(1, 9));
  expect_close_to(trial, trial.materialise(narrow), "chunks of another width");
  return true;
}

bool unchunked(Trial& trial) {
  const Unchunked other = without_context(trial.problem());
  const Run run = trial.run(other.problem, "without context");
  const ExpectedTensor mine = trial.expect(trial.problem());
  const ExpectedTensor theirs = trial.expect(other.problem);
  const prefill_context::Operands o{trial.problem()};
  const Integers starts = entries_of(o.query_start_loc());
  const std::int64_t elements = o.heads() * o.width();
  std::int64_t before = 0;
  for (std::size_t r = 0; r + 1 < starts.size(); ++r) {
    before += other.rows_before[r];
    trial.expect_close({&trial.first(), &mine, static_cast<std::size_t>(starts[r] * elements)},
                       {&run, &theirs, static_cast<std::size_t>((before + starts[r]) * elements)},
                       static_cast<std::size_t>((starts[r + 1] - starts[r]) * elements),
                       "full attention");
  }
  return true;
}

bool one_rank(Trial& trial) {
  Case alone = trial.the_case();
  alone.set("ranks", 1).set("interleave", 1);
  expect_close_to(trial, trial.materialise(alone), "one rank");
  return true;
}

std::function<bool(Trial&)> has_bits_of(const char* op, const char* baseline) {
  return [op, baseline](Trial& trial) {
    const Run run = trial.run_bundled(op, baseline, trial.problem(), baseline);
    trial.expect_same(trial.first(), run, baseline);
    return true;
  };
}

void small_prefill(Prefill& f, Random& random) { small_step(f, random); }

}  // namespace

std::vector<Part> chunks() {
  return {by_bounds(of_prefill(&small_prefill, &one_chunk)),
          by_bounds(of_prefill(&small_prefill, &unchunked)),
          of_prefill(&small_prefill, has_bits_of("prefill_context", "fresh"))};
}

std::vector<Part> prefill_ranks() {
  const auto several = [](Prefill& f, Random& random) {
    small_step(f, random);
    if (f.ranks == 1) f.ranks = random.between(2, 4);
  };
  return {by_bounds(of_prefill(several, &one_rank))};
}

std::vector<Part> optimised() {
  const auto step = [](Decode& f, Random& random) { small_step(f, random); };
  return {only("optimised", of_decode(step, has_bits_of("decode_step", "plain"))),
          only("swapped", of_prefill(&small_prefill, has_bits_of("prefill_context", "fresh"))),
          optimised_output()};
}

}  // namespace mlacheck::equivalences
