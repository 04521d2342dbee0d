#include "harness/subjects/bundled_cases.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

// Whatever is wrong with a bundled file throws.
TEST(BundledCases, EachFileIsThatOfAnOpAndItsCasesAreAdmissible) {
  std::set<std::string> expected;
  for (const OpEntry& op : ops()) {
    const std::string& name = op.model->schema().op;
    EXPECT_FALSE(required_cases(name).empty()) << name;
    expected.insert("properties/" + name + "/required.cases");
    if (!peer_cases(name).empty()) expected.insert("properties/" + name + "/peer.cases");
  }
  std::set<std::string> found;
  for (const CaseText& file : case_texts()) found.emplace(file.path);
  EXPECT_EQ(found, expected);
}

TEST(BundledCases, AnOpWithoutAFileHasNone) {
  EXPECT_TRUE(required_cases("softmax").empty());
  EXPECT_TRUE(peer_cases("softmax").empty());
}

}  // namespace
}  // namespace mlacheck
