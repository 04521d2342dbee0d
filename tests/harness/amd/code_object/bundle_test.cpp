#include "harness/amd/code_object/bundle.hpp"

#include <gtest/gtest.h>

#include "harness/amd/code_object/error.hpp"
#include "tests/harness/amd/support/assembled.hpp"

namespace mlacheck::amd {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> all;
  for (const int value : values) all.push_back(static_cast<std::byte>(value));
  return all;
}

const std::vector<std::pair<std::string, std::vector<std::byte>>> kEntries{
    {"host-x86_64-unknown-linux--", {}},
    {"hipv4-amdgcn-amd-amdhsa--gfx90a:xnack-", bytes({1, 2, 3})},
    {"hipv4-amdgcn-amd-amdhsa--gfx1030", bytes({4, 5})}};

TEST(Bundle, HasTheCodeOfEachTarget) {
  const std::vector<std::byte> data = test::bundled(kEntries);
  const std::vector<BundleEntry> read = read_bundle(data);
  ASSERT_EQ(read.size(), 3U);
  const auto wide = code_object_for(Target::gfx90a, read);
  const auto narrow = code_object_for(Target::gfx1030, read);
  EXPECT_EQ(std::vector<std::byte>(wide.begin(), wide.end()), bytes({1, 2, 3}));
  EXPECT_EQ(std::vector<std::byte>(narrow.begin(), narrow.end()), bytes({4, 5}));
  EXPECT_TRUE(code_object_for(Target::gfx942, read).empty());
}

TEST(Bundle, EveryTruncationIsRefused) {
  const std::vector<std::byte> data = test::bundled(kEntries);
  for (std::size_t length = 0; length < data.size(); ++length) {
    EXPECT_THROW(read_bundle(std::span(data).first(length)), CodeObjectError) << length;
  }
}

TEST(Bundle, OtherDataIsRefused) {
  std::vector<std::byte> data = test::bundled(kEntries);
  data[3] = std::byte{'X'};
  EXPECT_THROW(read_bundle(data), CodeObjectError);
  data = test::bundled(kEntries);
  data[30] = std::byte{0xff};  // of the number of entries
  EXPECT_THROW(read_bundle(data), CodeObjectError);
}

}  // namespace
}  // namespace mlacheck::amd
