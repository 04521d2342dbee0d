// K18 for merge_states and chunked_context: see oracle_audit.hpp.
#include "properties/chunked_context.hpp"
#include "properties/merge_states.hpp"
#include "reference/chunked_context.hpp"
#include "reference/merge_states.hpp"
#include "tests/self/oracle_audit.hpp"

namespace mlacheck::oracle_audit {
namespace {

// --- merge_states

enum class From { prefix, suffix, nothing, nan, both };

From source_of(double prefix_lse, double suffix_lse) {
  if (std::isnan(prefix_lse) || std::isnan(suffix_lse)) return From::nan;
  const bool no_prefix = std::isinf(prefix_lse);
  const bool no_suffix = std::isinf(suffix_lse);
  if (no_prefix && no_suffix) return From::nothing;
  if (no_prefix) return From::suffix;
  return no_suffix ? From::prefix : From::both;
}

template <class Real>
struct State {
  Real out;
  Real lse;
};

// The formula of the contract, word for word, on a row whose two sides count.
template <class Real>
State<Real> blended(const State<Real>& prefix, const State<Real>& suffix) {
  const Real m = prefix.lse > suffix.lse ? prefix.lse : suffix.lse;
  const Real wp = exp(Real(prefix.lse - m));
  const Real ws = exp(Real(suffix.lse - m));
  const Real z = wp + ws;
  return {Real(prefix.out * Real(wp / z) + suffix.out * Real(ws / z)), Real(m + log(z))};
}

template <class Real>
State<Real> merged(const State<Real>& prefix, const State<Real>& suffix) {
  switch (source_of(static_cast<double>(prefix.lse), static_cast<double>(suffix.lse))) {
    case From::prefix:
      return prefix;
    case From::suffix:
      return suffix;
    case From::nothing:
      return {Real(0), Real(-kInf)};
    case From::nan:
      return {Real(std::nan("")), Real(std::nan(""))};
    case From::both:
      break;
  }
  return blended(prefix, suffix);
}

struct Sides {
  std::vector<double> out;
  std::vector<double> lse;  // [N, T]

  Sides(const Problem& problem, const std::string& out_name, const std::string& lse_name)
      : out(problem.operand(out_name).values()), lse(problem.operand(lse_name).values()) {}

  template <class Real>
  State<Real> state(std::int64_t out_index, std::int64_t lse_index) const {
    // Without columns there is an LSE and no value.
    return {static_cast<Real>(out.empty() ? 0.0 : out[at(out_index)]),
            static_cast<Real>(lse[at(lse_index)])};
  }
};

TEST(OracleAudit, MergeStates) {
  audit(merge_states_model(), merge_states_oracle(), "scalar", {{"D", 8}},
        [](const Problem& problem) -> Reference {
          const Sides prefix(problem, "prefix_out", "prefix_lse");
          const Sides suffix(problem, "suffix_out", "suffix_lse");
          const std::vector<std::int64_t> shape = problem.operand("out").layout.shape;
          const std::int64_t context = problem.integer("prefill_tokens_with_context");
          return [=](const Problem&, const Operand& output, std::int64_t index) {
            const bool of_lse = output.name == "lse_out";
            const std::int64_t tokens = shape[0];
            const std::int64_t row = of_lse ? 0 : index / shape[2];
            const std::int64_t token = of_lse ? index % tokens : row / shape[1];
            const std::int64_t head = of_lse ? index / tokens : row % shape[1];
            const std::int64_t lse_index = head * tokens + token;
            const std::int64_t out_index = of_lse ? (token * shape[1] + head) * shape[2] : index;
            const auto p = prefix.state<Quad>(out_index, lse_index);
            const auto s = suffix.state<Quad>(out_index, lse_index);
            const bool copies = token >= context;
            const State<Quad> state = copies ? s : merged(p, s);
            Answer answer;
            answer.exact = of_lse ? state.lse : state.out;
            const auto in_float = merged(prefix.state<float>(out_index, lse_index),
                                         suffix.state<float>(out_index, lse_index));
            answer.in_float = static_cast<double>(of_lse ? in_float.lse : in_float.out);
            if (copies) answer.in_float = static_cast<double>(answer.exact);
            const auto value = static_cast<double>(answer.exact);
            answer.bitwise = copies || source_of(static_cast<double>(p.lse),
                                                 static_cast<double>(s.lse)) != From::both;
            if (answer.bitwise) return answer;
            const auto gap = static_cast<double>(abs(p.lse - s.lse));
            if (of_lse) {
              answer.slack = 1e-12 * std::fabs(value) + 1e-15;
              answer.ceiling = with_store(DType::f32, value, 10 * kU);
            } else {
              const Quad wp = 1 / (1 + exp(Quad(s.lse - p.lse)));
              const Quad ws = 1 / (1 + exp(Quad(p.lse - s.lse)));
              const auto mass = static_cast<double>(wp * abs(p.out) + ws * abs(s.out));
              const auto sides = static_cast<double>(abs(p.out) + abs(s.out));
              // A sum of equal weights that is exact is kept as stored.
              answer.slack = gap == 0 ? unit_roundoff(output.dtype) * std::fabs(value) +
                                            underflow_error(output.dtype)
                                      : 1e-12 * mass + 1e-300 * sides;
              answer.ceiling =
                  with_store(output.dtype, value, kU * (gap + 9) * mass + kTiny * (sides + 1));
            }
            return answer;
          };
        });
}

// --- chunked_context

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
  audit(chunked_context_model(), chunked_context_oracle(), "fresh", {{"D", 8}},
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
    const Case c = chunked_context_model().generate(random, {{"D", 8}});
    const Problem problem = chunked_context_model().materialise(c, "fresh");
    const Operand& out = problem.operand("out");
    if (out.layout.elements() == 0 || out.layout.elements() > kLargestCase / 4) continue;
    std::vector<Sides> parts;
    for (std::int64_t j = 0; j < problem.integer("chunks"); ++j) {
      parts.emplace_back(problem, "chunk_out_" + std::to_string(j),
                         "chunk_lse_" + std::to_string(j));
    }
    parts.emplace_back(problem, "suffix_out", "suffix_lse");
    const Expectation expectation = chunked_context_oracle().expect(problem);
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
