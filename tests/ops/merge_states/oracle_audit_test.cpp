// K18 for merge_states: see oracle_audit.hpp.
#include "properties/merge_states/model.hpp"
#include "reference/merge_states/oracle.hpp"
#include "tests/support/audited_states.hpp"

namespace mlacheck::oracle_audit {
namespace {

TEST(OracleAudit, MergeStates) {
  audit(merge_states::model(), merge_states::oracle(), "scalar", {{"V", 8}},
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

}  // namespace
}  // namespace mlacheck::oracle_audit
