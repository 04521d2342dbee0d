// flatten_quant: what its host routines refuse and cost, and relations between its results.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "properties/flatten_quant/model.hpp"
#include "reference/flatten_quant/oracle.hpp"
#include "tests/support/placed_call.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::flatten_quant {
namespace {

using testing_support::cpu_subjects;
using testing_support::expect_refusals;
using testing_support::integer;
using testing_support::laid_on;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;
using testing_support::variant_of;

Case ordinary_case(std::string_view form) {
  Case c(model().schema());
  c.set("T", 3).set("H", 4).set("V", 40).set("form", form).set("group", 16).set("dtype", "bf16");
  return c;
}

std::vector<Spoiled> spoiled_in_any_form() {
  return {
      integer("form", 3),
      integer("form", -1),
      integer("group", 0),
      integer("group", 129),
      tensor("x", [](Tensor& t) { t.dtype = DType::u8; }),
      // 2^20 tokens of 2^20 heads that share their memory: more groups than a grid has blocks.
      {"x",
       [](PlacedCall& c) {
         c.tensors["x"].shape = {1 << 20, 1 << 20, 40};
         c.tensors["x"].stride = {0, 0, 1};
       }},
      // The product of the extents overflows.
      {"x",
       [](PlacedCall& c) {
         c.tensors["x"].shape = {std::int64_t{1} << 32, std::int64_t{1} << 32, 64};
         c.tensors["x"].stride = {0, 0, 1};
       }},
      tensor("codes", [](Tensor& t) { t.shape[0] = 4; }),
      tensor("codes", [](Tensor& t) { t.shape[1] += 1; }),
      tensor("codes", [](Tensor& t) { t.stride[1] = 2; }),
      tensor("codes", [](Tensor& t) { t.stride[0] -= 1; }),
      tensor("scales", [](Tensor& t) { t.dtype = DType::bf16; }),
      tensor("scales", [](Tensor& t) { t.shape[0] = 2; }),
      tensor("scales", [](Tensor& t) { t.shape[1] -= 1; }),
      {"scales",
       [](PlacedCall& c) {
         std::swap(c.tensors["scales"].stride[0], c.tensors["scales"].stride[1]);
       }},
      {"scales",
       [](PlacedCall& c) {
         Tensor& scales = c.tensors["scales"];
         (scales.stride[0] == 1 ? scales.stride[1] : scales.stride[0]) -= 1;
       }},
      laid_on("scales", "codes"),
  };
}

void expect_refused(const char* form, const std::vector<Spoiled>& calls) {
  SCOPED_TRACE(form);
  expect_refusals(model(), ordinary_case(form), calls);
}

TEST(FlattenQuantHost, RefusesBadArgumentsAndTouchesNothing) {
  for (const char* form : {"mxfp4", "fp8", "fp8_transposed"}) {
    expect_refused(form, spoiled_in_any_form());
  }
}

TEST(FlattenQuantHost, RefusesWhatAFormCannotHold) {
  expect_refused("mxfp4",
                 {integer("group", 16), integer("special_block", 4), integer("special_block", -1),
                  // Pairs would straddle heads.
                  tensor("x", [](Tensor& t) { t.shape[2] = 39; })});
  expect_refused("fp8", {integer("format", 2),
                         integer("clamp_keeps_nan", 2),
                         integer("maximum", 480),
                         integer("maximum", 0),
                         {"maximum", [](PlacedCall& c) {
                            c.integers["format"] = 1;
                            c.integers["maximum"] = 448;
                          }}});
}

TEST(FlattenQuantHost, StridedSavesTheTemporaryAndTheCopy) {
  const SubjectTable table = cpu_subjects("flatten_quant");
  for (const char* form : {"mxfp4", "fp8", "fp8_transposed"}) {
    const auto cost = [&](const char* variant) {
      PlacedCall placed(model().materialise(ordinary_case(form), variant));
      PlainContext context;
      EXPECT_TRUE(variant_of(table, variant).run(placed.call(), context).ok());
      EXPECT_FALSE(placed.untouched());
      return std::pair(context.launches().size(), context.allocations());
    };
    EXPECT_EQ(cost("copy"), std::pair(std::size_t{2}, 1));
    EXPECT_EQ(cost("strided"), std::pair(std::size_t{1}, 0));
  }
}

TEST(FlattenQuantHost, NothingToQuantizeLaunchesNothing) {
  for (const char* form : {"mxfp4", "fp8", "fp8_transposed"}) {
    for (const char* axis : {"T", "H", "V"}) {
      for (const Subject& subject : cpu_subjects("flatten_quant").subjects) {
        Case c = ordinary_case(form);
        c.set(axis, 0).set("codes.pad", 2).set("codes.gap", 3).set("scales.pad", 1);
        PlacedCall placed(model().materialise(c, subject.variant));
        PlainContext context;
        EXPECT_TRUE(subject.run(placed.call(), context).ok()) << axis;
        EXPECT_TRUE(context.launches().empty());
        EXPECT_EQ(context.allocations(), 0);
        EXPECT_TRUE(placed.untouched());
      }
    }
  }
}

// Inputs may overlap themselves: one head for all.
TEST(FlattenQuantHost, BroadcastInput) {
  for (const char* form : {"mxfp4", "fp8"}) {
    for (const Subject& subject : cpu_subjects("flatten_quant").subjects) {
      Case c = ordinary_case(form);
      c.set("values", "normal");
      PlacedCall placed(model().materialise(c, subject.variant));
      placed.tensors["x"].stride[0] = 0;
      placed.tensors["x"].stride[1] = 0;
      PlainContext context;
      ASSERT_TRUE(subject.run(placed.call(), context).ok());
      const std::vector<double> codes = placed.read("codes");
      const std::size_t head = codes.size() / 12;
      for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(codes[i], codes[i % head]);
      EXPECT_NE(codes[0], codes[1]);
    }
  }
}

// The strides of an axis of one element mean nothing, so that one token has both layouts.
TEST(FlattenQuantHost, OneTokenAcceptsAnyTokenStride) {
  for (const char* form : {"mxfp4", "fp8", "fp8_transposed"}) {
    Case c = ordinary_case(form);
    c.set("T", 1);
    const Problem problem = model().materialise(c, "strided");
    const Expectation expectation = oracle().expect(problem);
    for (const Subject& subject : cpu_subjects("flatten_quant").subjects) {
      PlacedCall placed(problem);
      for (const char* operand : {"x", "codes", "scales"}) placed.tensors[operand].stride[0] = 77;
      PlainContext context;
      ASSERT_TRUE(subject.run(placed.call(), context).ok());
      EXPECT_EQ(placed.read("codes"), expectation.outputs[0].value);
      EXPECT_EQ(placed.read("scales"), expectation.outputs[1].value);
    }
  }
}

// Each relation of the model, by a case that has it.
TEST(FlattenQuantRelations, AllAreDrawnAndHoldForTheOracle) {
  std::set<std::string> names;
  int matched = 0;
  for (const char* form : {"mxfp4", "fp8", "fp8_transposed"}) {
    for (std::uint64_t seed = 0; seed < 120; ++seed) {
      Case c = ordinary_case(form);
      if (seed % 3 == 0) c.set("V", 64);  // whole groups of any form
      c.set("values", seed % 2 == 0 ? "normal" : "ties").set("seed", static_cast<int>(seed));
      const Problem problem = model().materialise(c, "strided");
      const Expectation mine = oracle().expect(problem);
      Random random(seed, 3);
      for (const Relation& relation : model().relations(c, problem, random)) {
        std::string name = relation.name;
        std::erase_if(name, [](char letter) { return letter >= '0' && letter <= '9'; });
        names.insert(name);
        const Expectation theirs = oracle().expect(relation.problem);
        for (const Match& match : relation.matches) {
          const std::size_t output = match.operand == "codes" ? 0 : 1;
          ASSERT_EQ(match.mine.size(), match.theirs.size());
          ASSERT_FALSE(match.mine.empty());
          for (std::size_t i = 0; i < match.mine.size(); ++i) {
            ASSERT_EQ(mine.outputs[output].value.at(match.mine[i]),
                      theirs.outputs[output].value.at(match.theirs[i]))
                << relation.name << " of " << c.line();
            ++matched;
          }
        }
      }
    }
  }
  EXPECT_EQ(names.size(), 12U);
  for (const char* name :
       {"token  alone", "token  twice", "tokens permuted", "head  alone", "heads permuted",
        "groups  to  of each head alone", "x negated", "x times ^", "x times ^-",
        "scales transposed", "x dequantized", "as a matrix"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_GT(matched, 10000);
}

}  // namespace
}  // namespace mlacheck::flatten_quant
