// What a run of the mutants begins with: written, read back, and renewed a tenth at a time.
#include "harness/study/known_kills.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "harness/study/mutant_run.hpp"

namespace mlacheck {
namespace {

MutantResult killed(const std::string& id, const std::string& check) {
  MutantResult result;
  result.mutant.id = id;
  result.mutant.checks = {"K1"};
  result.fired = {{check, "merge_states()"}};
  result.main_kill = {"merge_states(T=2,V=3)", 17};
  return result;
}

TEST(KnownKills, AreReadBackAsTheyWereWritten) {
  MutantResult control = killed("control.scalar", "K1");
  control.mutant.is_control = true;
  const std::string text =
      known_kills_text({killed("b", "K1"), killed("a", "K1"), killed("by-another", "K3"), control});
  EXPECT_LT(text.find("\na 17 merge_states(T=2,V=3)\n"), text.find("\nb 17 "));
  const auto read = parse_known_kills(text);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read.at("a").line, "merge_states(T=2,V=3)");
  EXPECT_EQ(read.at("b").turn, 17);
}

TEST(KnownKills, AWrongLineIsNamed) {
  for (const char* wrong : {"a", "a merge_states()", "a 3", "a -3 merge_states()"}) {
    try {
      parse_known_kills(std::string("# first\n") + wrong + "\n");
      ADD_FAILURE() << wrong;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find("line 2: '" + std::string(wrong)), std::string::npos)
          << error.what();
    }
  }
}

TEST(KnownKills, EachPartIsHuntedInItsTurn) {
  KnownKills kills;
  for (int i = 0; i < 200; ++i) kills.by_id["mutant-" + std::to_string(i)] = {"merge_states()", 0};
  std::size_t hunted = 0;
  for (kills.part = 0; kills.part < KnownKills::kParts; ++kills.part) {
    std::size_t here = 0;
    for (const auto& [id, kill] : kills.by_id) here += kills.of(id) == nullptr ? 1 : 0;
    EXPECT_GT(here, 5U);
    EXPECT_LT(here, 40U);
    hunted += here;
  }
  EXPECT_EQ(hunted, kills.by_id.size());
  EXPECT_EQ(kills.of("unknown"), nullptr);
}

}  // namespace
}  // namespace mlacheck
