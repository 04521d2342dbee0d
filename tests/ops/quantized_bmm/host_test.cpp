// Host routines of quantized_bmm: what they refuse, what they cost, what they leave alone.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "properties/quantized_bmm/model.hpp"
#include "reference/quantized_bmm/oracle.hpp"
#include "tests/support/placed_call.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::quantized_bmm {
namespace {

using testing_support::cpu_subjects;
using testing_support::expect_refusals;
using testing_support::integer;
using testing_support::missing;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;
using testing_support::variant_of;

Case ordinary_case(std::string_view form) {
  Case c(model().schema());
  c.set("T", 3).set("H", 2).set("V", 5).set("blocks", 3).set("out_dtype", "bf16");
  return c.set("form", form)
      .set("values", "normal")
      .set("out.gap", 3)
      .set("has_bias", form == "fp8" ? 1 : 0);
}

// By the form of the call.
std::map<std::string, std::vector<Spoiled>> spoiled_calls() {
  std::map<std::string, std::vector<Spoiled>> calls;
  const auto add = [&](const char* form, Spoiled call) { calls[form].push_back(std::move(call)); };
  for (const char* form : {"a16wfp4", "afp4wfp4", "fp8"}) {
    const bool fp8 = std::string_view(form) == "fp8";
    // Extents that contradict each other. What is not named first is taken for right.
    add(form, tensor("x", [](Tensor& t) { --t.shape[0]; }));
    add(form, tensor("x", [](Tensor& t) { --t.shape[1]; }));
    if (!fp8) add(form, tensor("x", [](Tensor& t) { --t.shape[2]; }));
    add(form, tensor("w", [](Tensor& t) { --t.shape[0]; }));
    add(form, tensor("w", [](Tensor& t) { --t.shape[1]; }));
    add(form, tensor("w", [](Tensor& t) { --t.shape[2]; }));
    add(form, tensor(fp8 ? "bias" : "w_scales", [](Tensor& t) { --t.shape[1]; }));
    add(form, tensor("out", [](Tensor& t) { t.stride[2] = 0; }));
    add(form, tensor("out", [](Tensor& t) { t.stride[1] = t.shape[2] - 1; }));
    for (const std::int64_t splits : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1025}}) {
      add(form, integer("splits", splits));
    }
    for (const std::int64_t unknown : {-1, 3, 99}) {
      add(form, integer("form", unknown));
    }
    add(form, missing(fp8 ? "w_scale" : "w_scales"));
  }
  add("afp4wfp4", tensor("x_scales", [](Tensor& t) { --t.shape[0]; }));
  add("afp4wfp4", tensor("x_scales", [](Tensor& t) { --t.shape[2]; }));
  add("afp4wfp4", missing("x_scales"));
  add("fp8", integer("splits", 2));
  add("fp8", integer("format", 2));
  add("fp8", integer("maximum", 0));
  add("fp8", integer("maximum", 256));
  add("fp8", {"maximum", [](PlacedCall& c) { c.integers["format"] = 1; }});
  add("fp8", tensor("w_scale", [](Tensor& t) { t.shape[0] = 2; }));
  add("fp8", tensor("w_scale", [](Tensor& t) { t.dtype = DType::bf16; }));
  add("fp8", tensor("x", [](Tensor& t) { t.dtype = DType::f16; }));
  add("fp8", {"w_scales", [](PlacedCall& c) { c.tensors["w_scales"] = c.tensors["w"]; }});
  add("a16wfp4", {"bias", [](PlacedCall& c) { c.tensors["bias"] = c.tensors["w"]; }});
  add("afp4wfp4", {"w_scale", [](PlacedCall& c) { c.tensors["w_scale"] = c.tensors["w"]; }});
  // Packed codes where numbers are expected, and scales that nobody asked for.
  add("afp4wfp4", {"x", [](PlacedCall& c) { c.integers["form"] = 0; }});
  add("a16wfp4", {"x", [](PlacedCall& c) { c.integers["form"] = 1; }});
  add("a16wfp4",
      {"x_scales", [](PlacedCall& c) { c.tensors["x_scales"] = c.tensors["w_scales"]; }});
  return calls;
}

TEST(QuantizedBmmHost, RefusesBadArgumentsAndTouchesNothing) {
  std::size_t count = 0;
  for (const auto& [form, calls] : spoiled_calls()) {
    SCOPED_TRACE(form);
    expect_refusals(model(), ordinary_case(form), calls);
    count += calls.size();
  }
  EXPECT_GT(count, 50U);
}

// What the optimisation is about: one launch and one temporary less, with splits or without.
TEST(QuantizedBmmHost, StridedSavesTheTemporaryAndTheCopy) {
  const SubjectTable table = cpu_subjects("quantized_bmm");
  const auto cost = [&](const char* variant, std::int64_t splits) {
    PlacedCall placed(model().materialise(ordinary_case("a16wfp4").set("splits", splits), variant));
    PlainContext context;
    EXPECT_TRUE(variant_of(table, variant).run(placed.call(), context).ok());
    EXPECT_FALSE(placed.untouched());
    return std::pair(context.launches().size(), context.allocations());
  };
  EXPECT_EQ(cost("copy", 1), std::pair(std::size_t{2}, 1));
  EXPECT_EQ(cost("strided", 1), std::pair(std::size_t{1}, 0));
  EXPECT_EQ(cost("copy", 3), std::pair(std::size_t{3}, 2));
  EXPECT_EQ(cost("strided", 3), std::pair(std::size_t{2}, 1));
}

TEST(QuantizedBmmHost, NothingToWriteTouchesNothing) {
  const SubjectTable table = cpu_subjects("quantized_bmm");
  for (const char* form : {"a16wfp4", "afp4wfp4", "fp8"}) {
    const int splits = std::string_view(form) == "fp8" ? 1 : 2;
    for (const char* axis : {"T", "H", "V"}) {
      for (const Subject& subject : table.subjects) {
        PlacedCall placed(model().materialise(
            ordinary_case(form).set(axis, 0).set("splits", splits).set("out.pad", 2), "strided"));
        PlainContext context;
        EXPECT_TRUE(subject.run(placed.call(), context).ok());
        EXPECT_TRUE(context.launches().empty());
        EXPECT_EQ(context.allocations(), 0);
        EXPECT_TRUE(placed.untouched());
      }
    }
  }
}

// Inputs may overlap themselves: one row of x for all, one matrix for all heads.
TEST(QuantizedBmmHost, BroadcastInputs) {
  for (const char* form : {"a16wfp4", "afp4wfp4", "fp8"}) {
    for (const Subject& subject : cpu_subjects("quantized_bmm").subjects) {
      PlacedCall placed(model().materialise(ordinary_case(form), subject.variant));
      for (auto& [name, tensor] : placed.tensors) {
        if (name == "out") continue;
        tensor.stride[0] = 0;
        if (name[0] == 'x') tensor.stride[1] = 0;
      }
      PlainContext context;
      ASSERT_TRUE(subject.run(placed.call(), context).ok());
      const std::vector<double> out = placed.read("out");
      for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], out[i % 5]) << form;
      EXPECT_NE(out[0], out[1]);
    }
  }
}

}  // namespace
}  // namespace mlacheck::quantized_bmm
