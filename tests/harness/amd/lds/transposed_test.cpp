// ds_read_b64_tr_b8 of gfx950, by its words.
#include <gtest/gtest.h>

#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

// ds_read_b64_tr_b8 v[64:65], v2, with this offset
std::vector<u32> words_of(u32 offset) { return {0xd9c40000 | offset, 0x40000002}; }

// Byte `at` of LDS.
u8 content(unsigned at) { return static_cast<u8>(at * 7 + at / 251); }

void expect_columns(u32 offset) {
  Machine machine(Target::gfx950, bytes_of(words_of(offset)));
  Wave& wave = machine.wave();
  for (u32 lane = 0; lane < 64; ++lane) wave.vector[2][lane] = 8 * lane;
  for (unsigned i = 0; i < Machine::kLdsBytes; ++i) wave.block->lds.at(i) = content(i);
  std::fill(wave.block->lds_written.begin(), wave.block->lds_written.end(), u8{0xff});
  const auto fault = machine.run();
  ASSERT_FALSE(fault) << fault->text;
  for (unsigned lane = 0; lane < 64; ++lane) {
    for (unsigned row = 0; row < 8; ++row) {
      const u8 expected = content(offset + lane / 16 * 128 + 16 * row + lane % 16);
      EXPECT_EQ(wave.vector.at(64 + row / 4)[lane] >> (8 * (row % 4)) & 0xffU, expected)
          << lane << " " << row;
    }
  }
}

TEST(Transposed, SixteenLanesHaveEightRowsOfSixteenBytes) {
  expect_columns(0);
  expect_columns(8);
}

TEST(Transposed, DisabledLanesAreRefused) {
  Machine machine(Target::gfx950, bytes_of(words_of(0)));
  machine.wave().set_mask(ScalarRegister::kExec, 0xff);
  const auto fault = machine.run();
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->text.find("transposes with lanes that EXEC, 0xff, disables"), std::string::npos)
      << fault->text;
}

}  // namespace
}  // namespace mlacheck::amd::test
