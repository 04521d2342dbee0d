#include "harness/amd/code_object/source_lines.hpp"

#include <gtest/gtest.h>

#include "harness/amd/code_object/code_object.hpp"
#include "harness/amd/dispatch/dispatch.hpp"
#include "tests/harness/amd/support/assembled.hpp"

namespace mlacheck::amd {
namespace {

test::KernelText faulty() {
  test::KernelText text;
  text.code =
      "s_nop 0\nv_mov_b32_e32 v0, 0\nv_mov_b32_e32 v1, 0\n"
      "global_load_dword v2, v[0:1], off\ns_endpgm";
  text.with_lines = true;
  return text;
}

std::optional<std::uint64_t> line_of(const std::string& place) {
  const std::size_t colon = place.rfind(':');
  if (place.substr(0, colon).find("kernel.s") == std::string::npos) return std::nullopt;
  return std::stoull(place.substr(colon + 1));
}

TEST(SourceLines, InstructionsFollowEachOtherByLine) {
  const std::vector<std::byte> file = test::assembled(Target::gfx90a, faulty());
  const CodeObject loaded{file};
  const Kernel& kernel = loaded.kernels().front();
  ASSERT_NE(kernel.lines, nullptr);
  const std::uint64_t entry = kernel.entry - kernel.image;
  const auto first = kernel.lines->at(entry);
  const auto third = kernel.lines->at(entry + 8);
  ASSERT_TRUE(first && third);
  ASSERT_TRUE(line_of(*first) && line_of(*third)) << *first;
  EXPECT_EQ(*line_of(*third), *line_of(*first) + 2);
  EXPECT_FALSE(kernel.lines->at(entry + 0x10000000));
}

TEST(SourceLines, AFaultNamesItsLine) {
  const std::vector<std::byte> file = test::assembled(Target::gfx90a, faulty());
  const CodeObject loaded{file};
  const Kernel& kernel = loaded.kernels().front();
  Launch launch;
  launch.kernel = &kernel;
  Allocations allocations;
  const auto fault = dispatch(launch, allocations, std::nullopt);
  ASSERT_TRUE(fault);
  const auto first = kernel.lines->at(kernel.entry - kernel.image);
  const std::string expected = "kernel.s:" + std::to_string(*line_of(*first) + 3);
  EXPECT_NE(fault->text.find(", source "), std::string::npos) << fault->text;
  EXPECT_NE(fault->text.find(expected), std::string::npos) << fault->text;
}

TEST(SourceLines, WithoutATableThereIsNoLine) {
  test::KernelText text = faulty();
  text.with_lines = false;
  const std::vector<std::byte> file = test::assembled(Target::gfx90a, text);
  const CodeObject loaded{file};
  EXPECT_EQ(loaded.kernels().front().lines, nullptr);
}

TEST(SourceLines, BytesBehindTheFileAreNotKept) {
  std::vector<std::byte> file = test::assembled(Target::gfx90a, faulty());
  const std::size_t bytes = file.size();
  file.resize(bytes + 100);
  EXPECT_EQ(Elf(file).whole().size(), bytes);
}

}  // namespace
}  // namespace mlacheck::amd
