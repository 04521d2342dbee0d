#include "harness/memory/image.hpp"

#include <gtest/gtest.h>

namespace mlacheck {
namespace {

// Two rows of three elements, five apart, two elements in front; the last element of each row dead.
Operand gappy(Access access) {
  Operand operand;
  operand.name = "x";
  operand.dtype = DType::f32;
  operand.access = access;
  operand.layout = Layout::strided({2, 3}, {5, 1}, 2);
  operand.bits = {1, 2, 3, 4, 5, 6};
  operand.cells = {Cell::live, Cell::live, Cell::dead, Cell::live, Cell::live, Cell::dead};
  return operand;
}

TEST(Layout, PositionsFollowStrides) {
  EXPECT_EQ(*Layout::strided({2, 3}, {5, 1}, 2).positions(),
            (std::vector<std::int64_t>{2, 3, 4, 7, 8, 9}));
  EXPECT_EQ(*Layout::strided({2, 2}, {1, 4}).positions(), (std::vector<std::int64_t>{0, 4, 1, 5}));
  EXPECT_TRUE(Layout::dense({3, 0}).positions()->empty());
  EXPECT_EQ(*Layout::dense({}).positions(), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(Layout::dense({0}).storage, 0);
  EXPECT_EQ(Layout::strided({2, 3}, {5, 1}, 2).storage, 10);
}

// Kept between runs, and never those of another shape, stride or offset.
TEST(Layout, PositionsAreKeptUntilTheLayoutChanges) {
  Layout layout = Layout::strided({2, 3}, {5, 1}, 2);
  const Layout::Positions first = layout.positions();
  EXPECT_EQ(layout.positions(), first) << "the same vector";
  const Layout copy = layout;
  EXPECT_EQ(copy.positions(), first) << "shared with a copy";
  using Expected = std::vector<std::int64_t>;
  layout.offset = 0;
  EXPECT_EQ(*layout.positions(), (Expected{0, 1, 2, 5, 6, 7}));
  layout.stride = {1, 2};
  EXPECT_EQ(*layout.positions(), (Expected{0, 2, 4, 1, 3, 5}));
  layout.shape = {1, 3};
  EXPECT_EQ(*layout.positions(), (Expected{0, 2, 4}));
  EXPECT_EQ(*copy.positions(), (Expected{2, 3, 4, 7, 8, 9})) << "the copy's own";
}

TEST(Image, HoldsLiveValuesAndPoisonElsewhere) {
  const Operand operand = gappy(Access::input);
  const Image image(operand, Poison::junk);
  const auto bits = image.read(image.bytes());
  EXPECT_EQ(bits, (std::vector<std::uint32_t>{1, 2, 0x5a5a5a5a, 4, 5, 0x5a5a5a5a}));
  EXPECT_EQ(image.bytes().front(), std::byte{0x5a});
  EXPECT_EQ(image.bytes().back(), std::byte{0x5a});
  EXPECT_EQ(image.zone_bytes() % 256, 0U);
}

TEST(Image, OutputStartsAsPoison) {
  Operand operand = gappy(Access::output);
  operand.bits.clear();
  const Image image(operand, Poison::ones);
  for (const std::uint32_t bits : image.read(image.bytes())) EXPECT_EQ(bits, 0xffffffffU);
}

// Changes one byte and asks for the verdict.
std::string write_at(const Image& image, std::size_t byte) {
  std::vector<std::byte> after = image.bytes();
  after[byte] ^= std::byte{1};
  const std::optional<ForeignWrites> foreign = image.foreign_writes(after);
  return foreign ? foreign->kind + " | " + foreign->text : "";
}

TEST(Image, EveryForeignByteIsSeenAndNamed) {
  const Operand operand = gappy(Access::output);
  const Image image(operand, Poison::ones);
  const std::size_t zone = image.zone_bytes();
  const std::size_t end = image.bytes().size() - zone;
  EXPECT_FALSE(image.foreign_writes(image.bytes()).has_value());
  EXPECT_NE(write_at(image, zone - 1).find("front red zone, byte 1 before the start"),
            std::string::npos);
  EXPECT_NE(write_at(image, 0).find("front red zone"), std::string::npos);
  EXPECT_NE(write_at(image, end).find("back red zone, byte 0 past the end"), std::string::npos);
  EXPECT_NE(write_at(image, image.bytes().size() - 1).find("back red zone"), std::string::npos);
  EXPECT_NE(write_at(image, zone).find("gap, storage element 0"), std::string::npos);
  EXPECT_NE(write_at(image, image.byte_of(2)).find("dead cell (0,2)"), std::string::npos);
  EXPECT_EQ(write_at(image, image.byte_of(4)), "") << "a live output cell may change";
}

TEST(Image, ForeignBytesAreGivenAsRanges) {
  const Operand operand = gappy(Access::output);
  const Image image(operand, Poison::ones);
  std::vector<std::byte> after = image.bytes();
  const std::size_t zone = image.zone_bytes();
  const std::size_t end = after.size() - zone;
  for (std::size_t byte = zone; byte < zone + 8; ++byte) after[byte] = std::byte{7};
  for (std::size_t byte = end; byte < end + 12; ++byte) after[byte] = std::byte{7};
  const std::optional<ForeignWrites> foreign = image.foreign_writes(after);
  ASSERT_TRUE(foreign.has_value());
  EXPECT_EQ(foreign->kind, "gap");
  EXPECT_EQ(foreign->text,
            "x: 20 bytes changed that the contract protects\n"
            "  gap, storage elements 0 to 1\n"
            "  back red zone, bytes 0 to 11 past the end");
}

TEST(Image, InputsMustNotChangeAnywhere) {
  const Operand operand = gappy(Access::input);
  const Image image(operand, Poison::ones);
  EXPECT_NE(write_at(image, image.byte_of(0)).find("input element (0,0)"), std::string::npos);
}

TEST(Image, ViewPointsAtTheFirstElement) {
  const Operand operand = gappy(Access::input);
  const Image image(operand, Poison::ones);
  std::vector<std::byte> memory = image.bytes();
  const Tensor view = image.view(memory.data());
  EXPECT_EQ(*view.as<std::uint32_t>(), 1U);
  EXPECT_EQ(view.stride[0], 5);
  EXPECT_EQ(view.shape[1], 3);
}

TEST(Poison, PatternsReadAsPromised) {
  EXPECT_TRUE(decode(DType::f32, 0xffffffffU) != decode(DType::f32, 0xffffffffU));
  EXPECT_GT(decode(DType::bf16, 0x5a5a), 1e16);
  EXPECT_EQ(decode(DType::f16, 0x5a5a), 203.25);
}

}  // namespace
}  // namespace mlacheck
