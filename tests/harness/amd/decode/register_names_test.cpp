#include "harness/amd/decode/register_names.hpp"

#include <gtest/gtest.h>

#include "harness/amd/decode/instruction.hpp"

namespace mlacheck::amd {
namespace {

TEST(RegisterNames, AreReadAndWrittenAlike) {
  for (const char* const name :
       {"vcc_lo", "vcc_hi", "exec_lo", "exec_hi", "m0", "flat_scratch_lo", "flat_scratch_hi",
        "xnack_mask_lo", "xnack_mask_hi", "scc", "s0", "s101", "v0", "v255", "a0", "a255"}) {
    const auto instruction = parse_instruction(std::string("s_mov_b32 s0, ") + name, 4);
    ASSERT_TRUE(instruction) << name;
    const Operand& operand = instruction->operands.at(1);
    EXPECT_EQ(operand.count, 1U) << name;
    EXPECT_EQ(name_of_word(operand.kind == Operand::Kind::vector, operand.index), name);
  }
}

TEST(RegisterNames, OfSeveralWords) {
  EXPECT_EQ(name_of_words(true, 4, 4), "v[4:7]");
  EXPECT_EQ(name_of_words(true, 256 + 8, 2), "a[8:9]");
  EXPECT_EQ(name_of_words(false, 2, 2), "s[2:3]");
  EXPECT_EQ(special_register("vcc")->count, 2U);
  EXPECT_EQ(special_register("s3"), nullptr);
  EXPECT_EQ(special_name(3), "");
}

}  // namespace
}  // namespace mlacheck::amd
