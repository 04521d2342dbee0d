// Scratch that a subject has given back may be anybody's: it holds poison from then on.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "harness/backends/backend.hpp"
#include "harness/execute/guarded_context.hpp"

namespace mlacheck {
namespace {

constexpr std::array<std::int64_t, 1> kShape{16};

// What the 16 bytes are once they have been written and given back.
void expect_after_release(std::byte expected, bool keeps) {
  const auto backends = make_backends();
  GuardedContext context(*backends.front(), Poison::ones);
  if (keeps) context.keep_released();
  const Tensor scratch = context.allocate("scratch", DType::u8, kShape);
  ASSERT_NE(scratch.data, nullptr);
  std::memset(scratch.data, 7, 16);
  context.release(scratch);
  EXPECT_TRUE(context.scratch_violations().empty());  // from here on it may be looked at
  const auto* const bytes = scratch.as<const std::byte>();
  EXPECT_TRUE(std::all_of(bytes, bytes + 16, [&](std::byte b) { return b == expected; }));
}

TEST(ReleasedScratch, HoldsPoison) { expect_after_release(poison_byte(Poison::ones), false); }

// Work that was recorded runs when the call that released its scratch is long over.
TEST(ReleasedScratch, StaysForWhatIsRecorded) { expect_after_release(std::byte{7}, true); }

}  // namespace
}  // namespace mlacheck
