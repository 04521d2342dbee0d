// The host routines of merge_states: what they refuse, and what a call launches.
#include <gtest/gtest.h>

#include <functional>

#include "properties/merge_states/model.hpp"
#include "tests/support/placed_call.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::merge_states {
namespace {

using testing_support::cpu_subjects;
using testing_support::expect_refusals;
using testing_support::integer;
using testing_support::laid_on;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;
using testing_support::variant_of;

Case ordinary_case() {
  Case c(model().schema());
  c.set("T", 4)
      .set("H", 3)
      .set("V", 16)
      .set("copied", 1)
      .set("has_lse_out", 1)
      .set("dtype", "bf16");
  return c;
}

Problem ordinary_problem() { return model().materialise(ordinary_case(), "scalar"); }

// Values [tokens, heads, 0] and broadcast LSEs.
void without_columns(PlacedCall& c, std::int64_t tokens, std::int64_t heads) {
  for (const char* name : {"prefix_out", "suffix_out", "out"}) {
    c.tensors[name].shape = {tokens, heads, 0};
  }
  for (const char* name : {"prefix_lse", "suffix_lse"}) {
    c.tensors[name].shape = {heads, tokens};
    c.tensors[name].stride = {0, 0};
  }
  c.tensors.erase("lse_out");
}

std::vector<Spoiled> spoiled_calls() {
  std::vector<Spoiled> calls{
      integer("prefill_tokens_with_context", 5),
      integer("prefill_tokens_with_context", -1),
      tensor("out", [](Tensor& t) { t.stride[1] = 8; }),
      laid_on("lse_out", "out"),
      {"lse_out", [](PlacedCall& c) { c.tensors["lse_out"].stride = {1, 1}; }},
      {"prefix_lse",
       [](PlacedCall& c) {
         std::swap(c.tensors["prefix_lse"].shape[0], c.tensors["prefix_lse"].shape[1]);
       }},
      // 2^40 rows of one element: addressable, but more blocks than a grid has.
      {"out",
       [](PlacedCall& c) {
         for (const char* name : {"prefix_out", "suffix_out", "out"}) {
           c.tensors[name].shape = {std::int64_t{1} << 40, 1, 1};
           c.tensors[name].stride = {name == std::string("out") ? 1 : 0, 1, 1};
         }
         for (const char* name : {"prefix_lse", "suffix_lse"}) {
           c.tensors[name].shape = {1, std::int64_t{1} << 40};
           c.tensors[name].stride = {1, 0};
         }
         c.tensors.erase("lse_out");
         const auto base = std::uintptr_t{1} << 46;  // apart from the inputs; never touched
         c.tensors["out"].data = reinterpret_cast<void*>(base);
       }},
      // No columns, so that nothing bounds T and H: T H is 0 in 64 bits, and one row too many.
      {"out", [](PlacedCall& c) { without_columns(c, std::int64_t{1} << 32, 1LL << 32); }},
      {"out", [](PlacedCall& c) { without_columns(c, std::int64_t{1} << 40, 1); }},
      {"out", [](PlacedCall& c) { without_columns(c, 3, std::int64_t{1} << 62); }},
  };
  for (const char* name : {"prefix_out", "suffix_out", "out"}) {
    calls.push_back(tensor(name, [](Tensor& t) { t.stride[2] = 2; }));
  }
  for (const char* name : {"prefix_out", "suffix_out"}) {
    calls.push_back(tensor(name, [](Tensor& t) { t.dtype = DType::f16; }));
    calls.push_back(tensor(name, [](Tensor& t) { t.shape[2] = 15; }));
  }
  for (const char* name : {"prefix_lse", "suffix_lse", "lse_out"}) {
    calls.push_back(tensor(name, [](Tensor& t) { t.dtype = DType::bf16; }));
    calls.push_back(tensor(name, [](Tensor& t) { t.shape[0] = 2; }));
  }
  return calls;
}

TEST(MergeStatesHost, RefusesBadArgumentsAndTouchesNothing) {
  expect_refusals(model(), ordinary_case(), spoiled_calls());
}

TEST(MergeStatesHost, LaunchesOnceAndAllocatesNothing) {
  const SubjectTable table = cpu_subjects("merge_states");
  PlacedCall placed(ordinary_problem());
  PlainContext context;
  ASSERT_TRUE(variant_of(table, "vectorized").run(placed.call(), context).ok());
  ASSERT_EQ(context.launches().size(), 1U);
  // 12 pairs of 2 packs: 2 lanes each.
  EXPECT_EQ(context.launches()[0].grid.x, 1U);
  EXPECT_EQ(context.allocations(), 0);
  EXPECT_FALSE(placed.untouched());
}

}  // namespace
}  // namespace mlacheck::merge_states
