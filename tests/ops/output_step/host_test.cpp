// Host routines of output_step: what they refuse, what they cost, what they leave alone.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "properties/output_step/model.hpp"
#include "tests/support/placed_call.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::output_step {
namespace {

using testing_support::cpu_subjects;
using testing_support::expect_refusals;
using testing_support::integer;
using testing_support::missing;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;
using testing_support::variant_of;

Case ordinary_case(std::string_view product, std::string_view projection) {
  Case c(model().schema());
  c.set("T", 3).set("H", 2).set("V", 32).set("hidden", 5).set("group", 16).set("values.gap", 3);
  return c.set("product", product).set("projection", projection).set("values", "normal");
}

std::vector<Spoiled> spoiled_calls(bool mx_product, std::string_view projection) {
  std::vector<Spoiled> calls{
      tensor("latent_out", [](Tensor& t) { --t.shape[0]; }),
      tensor("latent_out", [](Tensor& t) { --t.shape[1]; }),
      tensor("latent_out", [](Tensor& t) { t.dtype = DType::f16; }),
      tensor("w_uv", [](Tensor& t) { --t.shape[2]; }),
      tensor("w_uv",
             [](Tensor& t) {
               t.shape[0] = std::int64_t{1} << 32;
               t.stride[0] = 0;
             }),
      tensor("w_o", [](Tensor& t) { --t.shape[0]; }),
      tensor("w_o", [](Tensor& t) { --t.shape[1]; }),
      tensor("values", [](Tensor& t) { --t.shape[1]; }),
      tensor("values", [](Tensor& t) { t.stride[1] = 2; }),
      tensor("values", [](Tensor& t) { t.stride[0] = 63; }),
      tensor("values", [](Tensor& t) { t.dtype = DType::f16; }),
      tensor("out", [](Tensor& t) { t.stride[1] = 2; }),
      tensor("out", [](Tensor& t) { t.stride[0] = 4; }),
      integer("product", -1),
      integer("product", 2),
      integer("projection", -1),
      integer("projection", 4),
      missing(mx_product ? "w_uv_scales" : "w_uv_scale"),
      {"values", [](PlacedCall& c) { c.tensors["out"].data = c.tensors["values"].data; }},
  };
  const auto add = [&](Spoiled call) { calls.push_back(std::move(call)); };
  if (mx_product) {
    add(tensor("latent_out", [](Tensor& t) { --t.shape[2]; }));
    add(tensor("w_uv_scales", [](Tensor& t) { --t.shape[1]; }));
    add({"w_uv_scale", [](PlacedCall& c) { c.tensors["w_uv_scale"] = c.tensors["w_uv"]; }});
  } else {
    add(tensor("w_uv_scale", [](Tensor& t) { t.shape[0] = 2; }));
    add({"w_uv_scales", [](PlacedCall& c) { c.tensors["w_uv_scales"] = c.tensors["w_uv"]; }});
  }
  const bool fp8 = projection.substr(0, 3) == "fp8";
  if (!mx_product || fp8) {
    add(integer("format", 2));
    add(integer("maximum", 256));
    add({"maximum", [](PlacedCall& c) { c.integers["format"] = 1; }});
  }
  if (projection == "plain") {
    add({"codes", [](PlacedCall& c) { c.tensors["codes"] = c.tensors["w_uv"]; }});
    add({"w_o_scale", [](PlacedCall& c) { c.tensors["w_o_scale"] = c.tensors["w_uv"]; }});
    return calls;
  }
  add(missing("codes"));
  add(missing("scales"));
  add(missing(fp8 ? "w_o_scale" : "w_o_scales"));
  add(tensor("codes", [](Tensor& t) { --t.shape[1]; }));
  add(tensor("codes", [](Tensor& t) { t.stride[1] = 2; }));
  add(tensor("scales", [](Tensor& t) { --t.shape[1]; }));
  add(tensor("scales", [](Tensor& t) { t.stride = {7, 3}; }));
  add({"values", [](PlacedCall& c) { c.tensors["scales"].data = c.tensors["values"].data; }});
  if (!fp8) {
    // Half a block in each head.
    add({"w_uv", [](PlacedCall& c) {
           for (const char* name : {"w_uv", "w_uv_scales"}) {
             if (c.tensors.count(name) != 0) c.tensors[name].shape[1] = 16;
           }
           c.tensors["values"].shape[1] = 32;
         }});
    return calls;
  }
  add(integer("group", 0));
  add(integer("group", 129));
  add(tensor("w_o_scale", [](Tensor& t) { t.shape[0] = 2; }));
  add({"w_o_scales", [](PlacedCall& c) { c.tensors["w_o_scales"] = c.tensors["w_o"]; }});
  return calls;
}

TEST(OutputStepHost, RefusesBadArgumentsAndTouchesNothing) {
  for (const char* product : {"mxfp4", "fp8"}) {
    for (const char* projection : {"plain", "mxfp4", "fp8", "fp8_transposed"}) {
      SCOPED_TRACE(std::string(product) + ", " + projection);
      expect_refusals(model(), ordinary_case(product, projection),
                      spoiled_calls(std::string_view(product) == "mxfp4", projection));
    }
  }
}

std::pair<std::size_t, int> counts_of(const char* variant, const Case& c) {
  PlacedCall placed(model().materialise(c, variant));
  PlainContext context;
  const Status status =
      variant_of(cpu_subjects("output_step"), variant).run(placed.call(), context);
  EXPECT_TRUE(status.ok()) << status.message();
  return {context.launches().size(), context.allocations()};
}

// What the optimisation is about: two launches and both temporaries less.
TEST(OutputStepHost, OptimisedSavesBothCopies) {
  for (const char* product : {"mxfp4", "fp8"}) {
    for (const char* projection : {"mxfp4", "fp8", "fp8_transposed"}) {
      const Case c = ordinary_case(product, projection);
      EXPECT_EQ(counts_of("plain", c), std::pair(std::size_t{5}, 2));
      EXPECT_EQ(counts_of("optimised", c), std::pair(std::size_t{3}, 0));
    }
    const Case c = ordinary_case(product, "plain");
    EXPECT_EQ(counts_of("plain", c), std::pair(std::size_t{3}, 1));
    EXPECT_EQ(counts_of("optimised", c), std::pair(std::size_t{2}, 0));
  }
}

// The output projection of nothing is 0; the values of nobody are none.
TEST(OutputStepHost, EachStepHasItsOwnNothing) {
  for (const char* variant : {"plain", "optimised"}) {
    for (const char* projection : {"plain", "mxfp4", "fp8"}) {
      const Case c = ordinary_case("mxfp4", projection);
      EXPECT_EQ(counts_of(variant, Case(c).set("T", 0)), std::pair(std::size_t{0}, 0));
      EXPECT_EQ(counts_of(variant, Case(c).set("H", 0)), std::pair(std::size_t{1}, 0));
      const auto [launches, allocations] = counts_of(variant, c);
      EXPECT_EQ(counts_of(variant, Case(c).set("hidden", 0)), std::pair(launches - 1, allocations));
    }
  }
}

}  // namespace
}  // namespace mlacheck::output_step
