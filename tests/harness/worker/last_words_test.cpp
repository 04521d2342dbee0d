#include "harness/worker/last_words.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "harness/worker/protocol.hpp"

namespace mlacheck {
namespace {

TEST(LastWords, PlacesInPython) {
  EXPECT_EQ(
      python_places("Fatal Python error: Segmentation fault\n\n"
                    "Current thread 0x00007f (most recent call first):\n"
                    "  File \"/lib/ctypes/__init__.py\", line 519 in string_at\n"
                    "  File \"/x/y/mine.py\", line 12 in gather\n"
                    "  File \"/x/mlacheck/_call.py\", line 151 in _run\n"
                    "  File \"/x/mlacheck/upstream/torch.py\", line 7 in product\n"
                    "  File \"<string>\", line 5 in <module>\n\nExtension modules: numpy"),
      "__init__.py:519 in string_at; called from mine.py:12 in gather; called from torch.py:7 in "
      "product");
  EXPECT_EQ(python_places(""), "");
  EXPECT_EQ(python_places("  File \"cut"), "");
  EXPECT_EQ(python_places("  File \"mine.py\", line 3 in f"), "mine.py:3 in f");
}

TEST(LastWords, NotedFindingsAreAddedAndGarbageIsNot) {
  CaseResult so_far;
  so_far.evidence.findings.emplace_back(Check::shapes, "out: 1 of 2 elements", "out", "value");
  so_far.checks = {Check::shapes};
  const std::string text = text_of(so_far);
  const auto page = std::make_unique<PostMortem>();
  std::memcpy(page->result.data(), text.data(), text.size());
  CaseResult result;
  add_noted_findings(*page, result);
  EXPECT_TRUE(result.evidence.findings.empty()) << "nothing was noted";
  page->noted = static_cast<std::uint32_t>(text.size());
  add_noted_findings(*page, result);
  ASSERT_EQ(result.evidence.findings.size(), 1U);
  EXPECT_EQ(result.evidence.findings.front().text, "out: 1 of 2 elements");
  EXPECT_EQ(result.checks, so_far.checks);
  for (const std::uint32_t length : {1U, 0xFFFFFFFFU}) {
    CaseResult untouched;
    page->noted = length;
    add_noted_findings(*page, untouched);
    EXPECT_TRUE(untouched.evidence.findings.empty());
  }
}

}  // namespace
}  // namespace mlacheck
