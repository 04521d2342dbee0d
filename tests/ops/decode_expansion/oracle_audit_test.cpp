// K18 for decode_expansion: see oracle_audit.hpp.
#include "tests/support/oracle_audit.hpp"

#include "properties/decode_expansion/model.hpp"
#include "reference/decode_expansion/oracle.hpp"

namespace mlacheck::oracle_audit {
namespace {

// --- decode_expansion: integers, counted from the other end

TEST(OracleAudit, DecodeExpansion) {
  audit(decode_expansion::model(), decode_expansion::oracle(), "generic", {},
        [](const Problem& problem) -> Reference {
          const std::vector<double> seq = problem.operand("seq_lens").values();
          const std::vector<double> lens = problem.operand("decode_lens").values();
          const std::vector<double> table = problem.operand("block_table").values();
          const std::int64_t width = problem.operand("block_table").layout.shape[1];
          const std::int64_t wide = problem.operand("expanded_block_table").layout.shape[1];
          return [=](const Problem&, const Operand& output, std::int64_t index) {
            Answer answer;
            answer.bitwise = true;
            const bool of_table = output.name == "expanded_block_table";
            const std::int64_t row = of_table ? index / wide : index;
            std::int64_t last = 0;  // one past the rows of request r
            std::size_t r = 0;
            while (r < lens.size() && (last += std::llround(lens[r])) <= row) ++r;
            if (output.name == "expanded_decode_lens") {
              answer.exact = 1;
            } else if (r == lens.size()) {
              answer.exact = 0;
            } else if (of_table) {
              answer.exact = table[r * at(width) + at(index % wide)];
            } else {
              const std::int64_t later = last - 1 - row;
              answer.exact = std::max<std::int64_t>(std::llround(seq[r]) - later, 0);
            }
            answer.in_float = static_cast<double>(answer.exact);
            return answer;
          };
        });
}

}  // namespace
}  // namespace mlacheck::oracle_audit
