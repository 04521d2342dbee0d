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
using testing_support::PlacedCall;
using testing_support::Spoiled;
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
  const auto tensor = [&](const char* form, const char* name, auto change) {
    calls[form].push_back({name, [=](PlacedCall& c) { change(c.tensors[name]); }});
  };
  for (const char* form : {"a16wfp4", "afp4wfp4", "fp8"}) {
    const bool fp8 = std::string_view(form) == "fp8";
    std::vector<const char*> names{"x", "w", "out"};
    names.push_back(fp8 ? "bias" : "w_scales");
    if (std::string_view(form) == "afp4wfp4") names.push_back("x_scales");
    for (const char* name : names) {
      tensor(form, name, [](Tensor& t) { t.rank = 1; });
      tensor(form, name, [](Tensor& t) { t.data = nullptr; });
      tensor(form, name, [](Tensor& t) { t.dtype = DType::i32; });
      tensor(form, name, [](Tensor& t) { t.stride[0] = -1; });
      tensor(form, name, [](Tensor& t) { t.stride[1] = std::int64_t{1} << 61; });
    }
    // Extents that contradict each other. What is not named first is taken for right.
    tensor(form, "x", [](Tensor& t) { --t.shape[0]; });
    tensor(form, "x", [](Tensor& t) { --t.shape[1]; });
    if (!fp8) tensor(form, "x", [](Tensor& t) { --t.shape[2]; });
    tensor(form, "w", [](Tensor& t) { --t.shape[0]; });
    tensor(form, "w", [](Tensor& t) { --t.shape[1]; });
    tensor(form, "w", [](Tensor& t) { --t.shape[2]; });
    tensor(form, fp8 ? "bias" : "w_scales", [](Tensor& t) { --t.shape[1]; });
    tensor(form, "out", [](Tensor& t) { t.stride[2] = 0; });
    tensor(form, "out", [](Tensor& t) { t.stride[1] = t.shape[2] - 1; });
    tensor(form, "out", [](Tensor& t) { t.data = static_cast<std::byte*>(t.data) + 1; });
    for (const char* input : {"x", "w", fp8 ? "bias" : "w_scales"}) {
      calls[form].push_back(
          {"out", [input](PlacedCall& c) { c.tensors["out"].data = c.tensors[input].data; }});
    }
    for (const std::int64_t splits : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1025}}) {
      calls[form].push_back({"splits", [splits](PlacedCall& c) { c.integers["splits"] = splits; }});
    }
    for (const std::int64_t unknown : {-1, 3, 99}) {
      calls[form].push_back({"form", [unknown](PlacedCall& c) { c.integers["form"] = unknown; }});
    }
    const char* scales = fp8 ? "w_scale" : "w_scales";
    calls[form].push_back({scales, [scales](PlacedCall& c) { c.tensors.erase(scales); }});
  }
  tensor("afp4wfp4", "x_scales", [](Tensor& t) { --t.shape[0]; });
  tensor("afp4wfp4", "x_scales", [](Tensor& t) { --t.shape[2]; });
  calls["afp4wfp4"].push_back({"x_scales", [](PlacedCall& c) { c.tensors.erase("x_scales"); }});
  calls["afp4wfp4"].push_back(
      {"out", [](PlacedCall& c) { c.tensors["out"].data = c.tensors["x_scales"].data; }});
  const auto integer = [&](const char* name, std::int64_t value) {
    calls["fp8"].push_back({name, [=](PlacedCall& c) { c.integers[name] = value; }});
  };
  integer("splits", 2);
  integer("format", 2);
  integer("maximum", 0);
  integer("maximum", 256);
  calls["fp8"].push_back({"maximum", [](PlacedCall& c) { c.integers["format"] = 1; }});
  tensor("fp8", "w_scale", [](Tensor& t) { t.shape[0] = 2; });
  tensor("fp8", "w_scale", [](Tensor& t) { t.dtype = DType::bf16; });
  tensor("fp8", "x", [](Tensor& t) { t.dtype = DType::f16; });
  calls["fp8"].push_back(
      {"w_scales", [](PlacedCall& c) { c.tensors["w_scales"] = c.tensors["w"]; }});
  calls["a16wfp4"].push_back({"bias", [](PlacedCall& c) { c.tensors["bias"] = c.tensors["w"]; }});
  calls["afp4wfp4"].push_back(
      {"w_scale", [](PlacedCall& c) { c.tensors["w_scale"] = c.tensors["w"]; }});
  // Packed codes where numbers are expected, and scales that nobody asked for.
  calls["afp4wfp4"].push_back({"x", [](PlacedCall& c) { c.integers["form"] = 0; }});
  calls["a16wfp4"].push_back({"x", [](PlacedCall& c) { c.integers["form"] = 1; }});
  calls["a16wfp4"].push_back(
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
  EXPECT_GT(count, 120U);
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
