// K18 for negate: see tests/support/oracle_audit.hpp.
#include "tests/support/oracle_audit.hpp"

#include "properties/negate/model.hpp"
#include "reference/negate/oracle.hpp"

namespace mlacheck::oracle_audit {
namespace {

TEST(OracleAudit, Negate) {
  audit(negate::model(), negate::oracle(), "plain", {}, [](const Problem& problem) -> Reference {
    const std::vector<double> x = problem.operand("x").values();
    return [=](const Problem&, const Operand&, std::int64_t index) {
      Answer answer;
      answer.exact = -Quad(x[at(index)]);
      answer.in_float = static_cast<double>(-static_cast<float>(x[at(index)]));
      answer.bitwise = true;
      return answer;
    };
  });
}

}  // namespace
}  // namespace mlacheck::oracle_audit
