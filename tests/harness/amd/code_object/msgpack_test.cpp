#include "harness/amd/code_object/msgpack.hpp"

#include <gtest/gtest.h>

#include "harness/amd/code_object/error.hpp"

namespace mlacheck::amd {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> all;
  for (const int value : values) all.push_back(static_cast<std::byte>(value));
  return all;
}

template <class T>
T value_of(std::initializer_list<int> data) {
  return std::get<T>(read_msgpack(bytes(data)).value);
}

TEST(Msgpack, NumbersOfEveryWidth) {
  EXPECT_EQ(value_of<std::uint64_t>({0x7f}), 127U);
  EXPECT_EQ(value_of<std::int64_t>({0xe0}), -32);
  EXPECT_EQ(value_of<std::uint64_t>({0xcc, 0xff}), 255U);
  EXPECT_EQ(value_of<std::uint64_t>({0xcd, 0x12, 0x34}), 0x1234U);
  EXPECT_EQ(value_of<std::uint64_t>({0xce, 0x12, 0x34, 0x56, 0x78}), 0x12345678U);
  EXPECT_EQ(value_of<std::uint64_t>({0xcf, 1, 0, 0, 0, 0, 0, 0, 2}), 0x100000000000002U);
  EXPECT_EQ(value_of<std::int64_t>({0xd0, 0x80}), -128);
  EXPECT_EQ(value_of<std::int64_t>({0xd1, 0x80, 0x00}), -32768);
  EXPECT_EQ(value_of<std::int64_t>({0xd2, 0xff, 0xff, 0xff, 0xfe}), -2);
  EXPECT_EQ(value_of<std::int64_t>({0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd}), -3);
  EXPECT_EQ(value_of<double>({0xca, 0x3f, 0xc0, 0, 0}), 1.5);
  EXPECT_EQ(value_of<double>({0xcb, 0xc0, 0, 0, 0, 0, 0, 0, 0}), -2.0);
}

TEST(Msgpack, MapsAndArraysNest) {
  // {"a": [true, "xy", nil], "b": {"c": 5}}
  const MsgpackValue read = read_msgpack(bytes(
      {0x82, 0xa1, 'a', 0x93, 0xc3, 0xd9, 2, 'x', 'y', 0xc0, 0xa1, 'b', 0xde, 0, 1, 0xa1, 'c', 5}));
  const auto* const array = std::get_if<MsgpackArray>(&read.find("a")->value);
  ASSERT_NE(array, nullptr);
  ASSERT_EQ(array->size(), 3U);
  EXPECT_TRUE(std::get<bool>((*array)[0].value));
  EXPECT_EQ(std::get<std::string>((*array)[1].value), "xy");
  EXPECT_TRUE(std::holds_alternative<std::monostate>((*array)[2].value));
  EXPECT_EQ(std::get<std::uint64_t>(read.find("b")->find("c")->value), 5U);
  EXPECT_EQ(read.find("c"), nullptr);
  EXPECT_EQ(array->front().find("c"), nullptr);
}

TEST(Msgpack, BrokenDataAreRefused) {
  EXPECT_THROW(read_msgpack({}), CodeObjectError);
  EXPECT_THROW(read_msgpack(bytes({0xa3, 'x', 'y'})), CodeObjectError);
  EXPECT_THROW(read_msgpack(bytes({0xdd, 0xff, 0xff, 0xff, 0xff, 1})), CodeObjectError);
  EXPECT_THROW(read_msgpack(bytes({0x81, 5, 5})), CodeObjectError) << "a key that is no string";
  EXPECT_THROW(read_msgpack(bytes({0xc4, 1, 0})), CodeObjectError) << "binary";
  EXPECT_THROW(read_msgpack(std::vector<std::byte>(1000, std::byte{0x91})), CodeObjectError)
      << "deep";
}

}  // namespace
}  // namespace mlacheck::amd
