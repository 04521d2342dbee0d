// An op without a second reference fails here: the list of ops is that of the program.
#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

// "quantized_bmm" is audited by a test OracleAudit.QuantizedBmm, or QuantizedBmm and more words.
std::string in_camel_case(const std::string& op) {
  std::string result;
  bool capital = true;
  for (const char c : op) {
    if (c != '_') result += static_cast<char>(capital ? std::toupper(c) : c);
    capital = c == '_';
  }
  return result;
}

TEST(OracleAudit, EveryOpHasOne) {
  std::set<std::string> audits;
  const testing::UnitTest& program = *testing::UnitTest::GetInstance();
  for (int i = 0; i < program.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *program.GetTestSuite(i);
    if (std::string(suite.name()) != "OracleAudit") continue;
    for (int k = 0; k < suite.total_test_count(); ++k) audits.insert(suite.GetTestInfo(k)->name());
  }
  for (const OpEntry& op : ops()) {
    EXPECT_TRUE(audits.contains(in_camel_case(op.model->schema().op)))
        << op.model->schema().op << " has no second reference";
  }
}

}  // namespace
}  // namespace mlacheck
