// What the cases of decode_expansion must go on having.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "properties/decode_expansion/model.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck::decode_expansion {
namespace {

TEST(DecodeExpansionDraws, PagesOfOneTokenAndOfMany) {
  std::set<std::string> pages;
  for (const Case& c : testing_support::drawn_cases(model(), 200)) pages.insert(c.choice("page"));
  for (const char* page : {"1", "16", "64"}) EXPECT_TRUE(pages.contains(page)) << page;
}

}  // namespace
}  // namespace mlacheck::decode_expansion
