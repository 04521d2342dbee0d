// K18 for chunked_context: see oracle_audit.hpp.
#include "properties/chunked_context/model.hpp"
#include "reference/chunked_context/oracle.hpp"
#include "tests/support/audited_states.hpp"

namespace mlacheck::oracle_audit {
namespace {

// The fold; `stored` rounds the running state as the contract has it, or leaves it exact.
template <class Real>
State<Real> folded(const std::vector<Sides>& parts, std::int64_t out_index, std::int64_t lse_index,
                   const std::function<State<Real>(const State<Real>&)>& stored) {
  State<Real> running = parts.front().state<Real>(out_index, lse_index);
  for (std::size_t j = 1; j < parts.size(); ++j) {
    running = merged(running, parts[j].state<Real>(out_index, lse_index));
    if (j + 1 < parts.size()) running = stored(running);
  }
  return running;
}

TEST(OracleAudit, ChunkedContext) {
  audit(chunked_context::model(), chunked_context::oracle(), "fresh", {{"V", 8}},
        [](const Problem& problem) -> Reference {
          std::vector<Sides> parts;
          for (std::int64_t j = 0; j < problem.integer("chunks"); ++j) {
            parts.emplace_back(problem, "chunk_out_" + std::to_string(j),
                               "chunk_lse_" + std::to_string(j));
          }
          parts.emplace_back(problem, "suffix_out", "suffix_lse");
          const std::vector<std::int64_t> shape = problem.operand("out").layout.shape;
          const std::int64_t context = problem.integer("prefill_tokens_with_context");
          return [=](const Problem&, const Operand& output, std::int64_t index) {
            const std::int64_t row = index / shape[2];
            const std::int64_t token = row / shape[1];
            const std::int64_t lse_index = row % shape[1] * shape[0] + token;
            Answer answer;
            if (token >= context) {
              answer.exact = parts.back().state<Quad>(index, lse_index).out;
              answer.in_float = static_cast<double>(answer.exact);
              answer.bitwise = true;
              return answer;
            }
            answer.exact = folded<Quad>(parts, index, lse_index, [](const State<Quad>& state) {
                             return state;
                           }).out;
            const auto in_float = folded<float>(
                parts, index, lse_index, [&](const State<float>& state) -> State<float> {
                  return {static_cast<float>(rounded(output.dtype, static_cast<double>(state.out))),
                          state.lse};
                });
            answer.in_float = static_cast<double>(in_float.out);
            double live = 0;
            double mass = 0;
            double low = kInf;
            double high = -kInf;
            for (const Sides& part : parts) {
              const auto state = part.state<double>(index, lse_index);
              if (!std::isfinite(state.lse)) continue;
              ++live;
              mass = std::max(mass, std::fabs(state.out));
              low = std::min(low, state.lse);
              high = std::max(high, state.lse);
            }
            answer.bitwise = live <= 1;
            if (answer.bitwise) return answer;
            const auto value = static_cast<double>(answer.exact);
            const double u = unit_roundoff(output.dtype);
            // Exact steps keep what is stored: a rounding each. The others are double.
            answer.slack = live * (u * mass + underflow_error(output.dtype));
            const double reach = high - low + std::log(live);
            const double largest = std::max(std::fabs(low), std::fabs(high)) + std::log(live);
            const double lse_error = live * kU * (10 + largest);
            // The contract rounds running LSEs to fp32, which drops all that merges add from here on.
            if (largest >= 0x1p27) answer.slack += 2 * mass;
            answer.ceiling =
                with_store(output.dtype, value,
                           live * ((1.01 * u + kU * (reach + 9)) * mass + 2 * lse_error * mass +
                                   underflow_error(output.dtype) + kTiny * (2 * mass + 1)));
            return answer;
          };
        });
}

// Without equal LSEs nothing is rounded on the way in the oracle, and its values are those of the
// exact fold to the last digits of double.
TEST(OracleAudit, ChunkedContextToTheLastDigits) {
  int rows = 0;
  for (std::uint64_t stream = 0; stream < 400; ++stream) {
    Random random(19, stream);
    const Case c = chunked_context::model().generate(random, {{"V", 8}});
    const Problem problem = chunked_context::model().materialise(c, "fresh");
    const Operand& out = problem.operand("out");
    if (out.layout.elements() == 0 || out.layout.elements() > kLargestCase / 4) continue;
    std::vector<Sides> parts;
    for (std::int64_t j = 0; j < problem.integer("chunks"); ++j) {
      parts.emplace_back(problem, "chunk_out_" + std::to_string(j),
                         "chunk_lse_" + std::to_string(j));
    }
    parts.emplace_back(problem, "suffix_out", "suffix_lse");
    const Expectation expectation = chunked_context::oracle().expect(problem);
    const std::vector<std::int64_t>& shape = out.layout.shape;
    const std::int64_t context = problem.integer("prefill_tokens_with_context");
    for (std::int64_t row = 0; row < std::min<std::int64_t>(context * shape[1], 40); ++row) {
      const std::int64_t lse_index = row % shape[1] * shape[0] + row / shape[1];
      State<Quad> running = parts.front().state<Quad>(row * shape[2], lse_index);
      bool equal = false;
      double mass = 0;
      double largest = 0;  // an LSE in double is off by this many roundoffs a merge
      for (std::size_t j = 0; j < parts.size(); ++j) {
        const auto part = parts[j].state<Quad>(row * shape[2], lse_index);
        if (!std::isinf(static_cast<double>(part.lse))) {
          mass = std::max(mass, std::fabs(static_cast<double>(part.out)));
          largest = std::max(largest, std::fabs(static_cast<double>(part.lse)));
        }
        if (j == 0) continue;
        equal = equal || running.lse == part.lse;
        running = merged(running, part);
      }
      const auto exact = static_cast<double>(running.out);
      if (equal || !std::isfinite(exact)) continue;
      ++rows;
      const double lost = 0x1.0p-51 * static_cast<double>(parts.size()) * (largest + 10);
      ASSERT_LE(std::fabs(expectation.outputs[0].value[at(row * shape[2])] - exact),
                (1e-12 + lost) * mass)
          << c.line();
    }
  }
  EXPECT_GT(rows, 200);
}

}  // namespace
}  // namespace mlacheck::oracle_audit
