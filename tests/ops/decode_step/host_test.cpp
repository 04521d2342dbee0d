// The host routines of decode_step: what they refuse, allocate and launch.
#include <gtest/gtest.h>

#include <limits>

#include "properties/decode_step/model.hpp"
#include "tests/support/placed_call.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::decode_step {
namespace {

using testing_support::cpu_subjects;
using testing_support::expect_refusals;
using testing_support::integer;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;
using testing_support::variant_of;

Case ordinary_case(const std::vector<std::int64_t>& requests, std::int64_t splits = 1) {
  Case c(model().schema());
  c.set("requests", requests).set("H", 2).set("latent", 4).set("nope", 3).set("rope", 2);
  return c.set("V", 5).set("page", 2).set("splits", splits).set("values", "normal");
}

const std::vector<Spoiled>& spoiled_calls() {
  constexpr std::int64_t kPast32Bits = std::int64_t{1} << 32;
  static const std::vector<Spoiled> kCalls{
      tensor("q_nope", [](Tensor& t) { t.stride[2] = 2; }),
      tensor("q_nope", [](Tensor& t) { t.shape[0] = 4; }),
      tensor("q_nope", [](Tensor& t) { t.dtype = DType::bf16; }),
      tensor("q_rope", [](Tensor& t) { t.stride[2] = 2; }),
      tensor("q_rope", [](Tensor& t) { t.shape[1] = 3; }),
      // The columns of the latent count, too.
      tensor("q_rope", [](Tensor& t) { t.shape[2] = 1021; }),
      tensor("kv", [](Tensor& t) { t.shape[2] = 5; }),
      tensor("kv", [](Tensor& t) { t.shape[1] = 0; }),
      tensor("kv", [](Tensor& t) { t.dtype = DType::f16; }),
      tensor("kv", [](Tensor& t) { t.stride[2] = 2; }),
      tensor("w_uk", [](Tensor& t) { t.shape[1] = 2; }),
      tensor("w_uk", [](Tensor& t) { t.shape[2] = 0; }),
      tensor("w_uk", [](Tensor& t) { t.shape[0] = 1; }),
      tensor("w_uv", [](Tensor& t) { t.shape[1] = 3; }),
      tensor("w_uv", [](Tensor& t) { t.shape[2] = 4; }),
      tensor("block_table", [](Tensor& t) { t.shape[0] = 1; }),
      tensor("block_table", [](Tensor& t) { t.stride[1] = 2; }),
      tensor("decode_lens", [](Tensor& t) { t.shape[0] = 3; }),
      tensor("query_start_loc", [](Tensor& t) { t.shape[0] = 3; }),
      tensor("out", [](Tensor& t) { t.stride[1] = 4; }),
      tensor("out", [](Tensor& t) { t.stride[2] = 2; }),
      integer("decode_tokens", 1),
      integer("decode_tokens", 5),
      integer("min_decode_len", -1),
      integer("min_decode_len", 3),
      integer("max_decode_len", kPast32Bits),
      integer("lens_exact", 2),
      integer("splits", 0),
      integer("splits", kPast32Bits + 1),
      // More tokens than rows, of requests that may have as many.
      {"decode_tokens",
       [](PlacedCall& c) {
         c.integers["max_decode_len"] = 9;
         c.integers["decode_tokens"] = 4;
       }},
      {"scale", [](PlacedCall& c) { c.reals["scale"] = std::numeric_limits<double>::infinity(); }},
      {"scale", [](PlacedCall& c) { c.reals["scale"] = 1e-60; }}};
  return kCalls;
}

TEST(DecodeStepHost, RefusesEachBadArgumentByName) {
  expect_refusals(model(), ordinary_case({2, 9, 1, 3}), spoiled_calls());
}

// 2^56 tokens of stride 0: their blocks are no number of 64 bits.
TEST(DecodeStepHost, RefusesWhatNoLaunchHolds) {
  expect_refusals(model(), ordinary_case({2, 9, 1, 3}),
                  {{"q_nope", [](PlacedCall& c) {
                      constexpr std::int64_t kTokens = std::int64_t{1} << 56;
                      for (const char* name : {"q_nope", "q_rope", "out"}) {
                        c.tensors[name].shape[0] = kTokens;
                      }
                      c.tensors["q_nope"].stride[0] = 0;
                      c.tensors["q_rope"].stride[0] = 0;
                      c.tensors["out"].data = reinterpret_cast<void*>(std::uintptr_t{1} << 62);
                    }}});
}

struct Counts {
  int allocations;
  std::size_t launches;
};

Counts counts_of(const char* variant, const Case& c) {
  PlacedCall placed(model().materialise(c, variant));
  PlainContext launches;
  const Status status =
      variant_of(cpu_subjects("decode_step"), variant).run(placed.call(), launches);
  EXPECT_TRUE(status.ok()) << status.message();
  return {launches.allocations(), launches.launches().size()};
}

TEST(DecodeStepHost, OptimisedSavesCopiesAndTheFill) {
  const Case uniform = ordinary_case({2, 9, 2, 3});
  const Counts plain = counts_of("plain", uniform);
  const Counts optimised = counts_of("optimised", uniform);
  EXPECT_EQ(plain.launches, 11U);
  EXPECT_EQ(optimised.launches, 6U);
  EXPECT_EQ(plain.allocations, 11);
  EXPECT_EQ(optimised.allocations, 7);
}

// Lengths that differ, or that the host does not know, are expanded by the device's.
TEST(DecodeStepHost, OptimisedIsUniformOnlyWhereTheContractAllows) {
  Case adaptive = ordinary_case({2, 9, 2, 3});
  adaptive.set("device_tokens", {1, 2});
  for (const Case& c : {ordinary_case({2, 9, 1, 3}), adaptive}) {
    EXPECT_EQ(counts_of("optimised", c).launches, 8U) << c.line();
    EXPECT_EQ(counts_of("optimised", c).allocations, 9) << c.line();
  }
}

TEST(DecodeStepHost, SplitsTakeASecondStage) {
  for (const char* variant : {"plain", "optimised"}) {
    const Counts one = counts_of(variant, ordinary_case({2, 9, 2, 3}));
    const Counts three = counts_of(variant, ordinary_case({2, 9, 2, 3}, 3));
    EXPECT_EQ(three.launches, one.launches + 1);
    EXPECT_EQ(three.allocations, one.allocations + 2);
  }
}

}  // namespace
}  // namespace mlacheck::decode_step
