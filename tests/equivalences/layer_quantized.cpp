// L5 of a layer with quantized weights: what a decode step makes of the cache goes on to the value
// up-projection, the quantizer and the output projection.
#include <algorithm>

#include "harness/subjects/ops.hpp"
#include "properties/output_step/fields.hpp"
#include "reference/decode_step/parameters.hpp"
#include "tests/equivalences/layer_parts.hpp"
#include "tests/equivalences/layer_problems.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

using Output = output_step::Fields;

// A step of as many rows as the output step has. Its requests have up to three tokens each; half of the
// batches are uniform.
Decode decode_fields(const Output& f, Random& random) {
  Decode decode;
  decode.dtype = f.dtype;
  decode.heads = f.heads;
  decode.nope = random.between(1, 9);
  decode.rope = random.between(0, 4);
  decode.latent = f.sizes().latent;
  decode.width = decode.latent;
  decode.page = random.between(1, 5);
  decode.splits = random.between(1, 3);
  decode.values = decode_step::Values::normal;
  decode.seed = random.between(0, 1 << 30);
  const std::int64_t most = random.chance(50) ? 1 : 3;
  for (std::int64_t left = f.tokens; left > 0;) {
    const std::int64_t tokens = std::min(left, random.between(1, most));
    decode.requests.push_back({tokens, random.between(0, 20)});
    left -= tokens;
  }
  return decode;
}

// Values of the step are its latent results themselves: every product has one factor of 1, the others 0.
void keep_latents(Problem& decode) {
  const decode_step::Operands o{decode};
  Operand& weights = o.w_uv();
  std::size_t i = 0;
  for (std::int64_t head = 0; head < o.heads(); ++head) {
    for (std::int64_t row = 0; row < o.latent(); ++row) {
      for (std::int64_t column = 0; column < o.width(); ++column) {
        weights.bits[i++] = encode(weights.dtype, row == column ? 1 : 0);
      }
    }
  }
}

Problem with_latents(const Problem& output, const Run& attention) {
  Problem problem = output;
  problem.operand("latent_out").bits = attention.bits("out");
  return problem;
}

bool whole_layer(Trial& trial) {
  const Output f = output_step::field_table().fields(trial.the_case());
  Problem decode =
      find_op("decode_step")
          ->model->materialise(decode_step::field_table().to_case(decode_fields(f, trial.random())),
                               "optimised");
  keep_latents(decode);
  const Problem baseline = with_latents(
      trial.problem(), trial.run_bundled("decode_step", "plain", decode, "plain decode step"));
  const Problem problem =
      with_latents(trial.problem(),
                   trial.run_bundled("decode_step", "optimised", decode, "optimised decode step"));
  const Run all = trial.run(problem, "all that is optimised");
  trial.expect_same(all, trial.run_bundled("output_step", "plain", baseline, "all baselines"),
                    "all baselines");
  return true;
}

void small_output(Output& f, Random& /*random*/) {
  for (std::int64_t* const extent : {&f.tokens, &f.heads, &f.width, &f.blocks, &f.columns}) {
    at_least(*extent, 1);
  }
  at_most(f.tokens, 6);
  at_most(f.heads, 4);
  at_most(f.width, 64);
  at_most(f.blocks, 2);
  at_most(f.columns, 40);
  // Blocks straddle no heads.
  if (f.parameters().mxfp4()) f.width = 32;
  f.values = output_step::Values::normal;
}

}  // namespace

Part optimised_output() {
  return only("optimised",
              part_of<Output>(output_step::field_table(), &small_output, &whole_layer));
}

}  // namespace mlacheck::equivalences
