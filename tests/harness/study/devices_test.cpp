// The study of devices: bits that differ must show, and a promise of the same bits that is broken.
#include "harness/study/devices.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "tests/support/toy_op.hpp"

namespace mlacheck {
namespace {

using Routine = std::function<Status(const Call&, LaunchContext&)>;

// Makes no promise.
class Careful : public toy::Model {
 public:
  bool same_bits_on_devices(const Case& /*c*/) const override { return false; }
};

DeviceRow compare(const OpModel& model, const Routine& on_the_other) {
  static const toy::Doubled kOracle;
  Subject one;
  one.variant = "tried";
  one.run = &toy::run;
  Subject two = one;
  two.run = on_the_other;
  const auto narrow = make_cpu_backend(32);
  const auto wide = make_cpu_backend(64);
  return compare_placed({&model, &kOracle}, {&one, narrow.get()}, {&two, wide.get()}, 20, 1);
}

Status one_off(const Call& call, LaunchContext& context) {
  const Status status = toy::run(call, context);
  const Tensor& y = call.tensor("y");
  if (y.shape[0] > 0) y.as<float>()[0] += 1;
  return status;
}

TEST(Devices, EqualBitsAreCountedAndNothingElse) {
  const DeviceRow row = compare(toy::Model(), &toy::run);
  EXPECT_EQ(row.cases, 20);
  EXPECT_EQ(row.promised, 20);
  EXPECT_EQ(row.different, 0);
  EXPECT_EQ(row.error, "");
  EXPECT_EQ(row.other, "cpu.w32");
  EXPECT_EQ(row.backend, "cpu.w64");
}

TEST(Devices, ABrokenPromiseShowsWithItsCase) {
  const DeviceRow row = compare(toy::Model(), &one_off);
  EXPECT_GT(row.broken, 0);
  EXPECT_EQ(row.broken, row.different);
  EXPECT_NE(render_devices({row}).find("toy("), std::string::npos) << render_devices({row});
}

TEST(Devices, WhatIsNotPromisedIsCountedOnly) {
  const DeviceRow row = compare(Careful(), &one_off);
  EXPECT_GT(row.different, 0);
  EXPECT_EQ(row.promised, 0);
  EXPECT_EQ(row.broken, 0);
}

TEST(Devices, ARunThatFailsEndsTheComparison) {
  const DeviceRow row = compare(toy::Model(), [](const Call&, LaunchContext&) -> Status {
    return {StatusCode::launch_failed, "no such device"};
  });
  EXPECT_EQ(row.cases, 0);
  EXPECT_NE(row.error.find("no such device"), std::string::npos);
}

}  // namespace
}  // namespace mlacheck
