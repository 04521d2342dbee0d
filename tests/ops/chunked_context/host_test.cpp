// The host routines of chunked_context: what they refuse, what they allocate and launch.
#include <gtest/gtest.h>

#include <functional>

#include "properties/chunked_context/model.hpp"
#include "tests/support/placed_call.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::chunked_context {
namespace {

using testing_support::cpu_subjects;
using testing_support::expect_refusal;
using testing_support::expect_refusals;
using testing_support::integer;
using testing_support::missing;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;
using testing_support::variant_of;

Case ordinary_case(std::int64_t chunks) {
  Case c(model().schema());
  c.set("chunks", chunks).set("requests", {2, chunks, 1, 1}).set("H", 2).set("V", 16);
  c.set("dtype", "bf16").set("values", "normal").set("lse", "near");
  return c;
}

// The whole point of the swap: 2 (n - 1) allocations become 2, from the first merge on.
TEST(ChunkedContextHost, SwapAllocatesOnce) {
  const SubjectTable table = cpu_subjects("chunked_context");
  for (const std::int64_t chunks : {1, 2, 3, 16}) {
    for (const char* variant : {"fresh", "swapped"}) {
      const bool fresh = variant == std::string("fresh");
      PlacedCall placed(model().materialise(ordinary_case(chunks), variant));
      PlainContext context;
      ASSERT_TRUE(variant_of(table, variant).run(placed.call(), context).ok());
      EXPECT_EQ(context.allocations(), fresh ? 2 * (chunks - 1) : (chunks > 1 ? 2 : 0))
          << variant << ' ' << chunks;
      EXPECT_EQ(static_cast<std::int64_t>(context.launches().size()), chunks) << variant;
    }
  }
}

std::vector<Spoiled> spoiled_calls() {
  std::vector<Spoiled> calls{
      integer("chunks", 0),
      {"chunk_out_3", [](PlacedCall& c) { c.integers["chunks"] = 4; }},
      missing("chunk_lse_1"),
      integer("prefill_tokens_with_context", 4),
      integer("prefill_tokens_with_context", -1),
      tensor("out", [](Tensor& t) { t.stride[1] = 8; }),
  };
  for (const char* name : {"chunk_out_0", "chunk_out_2", "suffix_out", "out"}) {
    calls.push_back(tensor(name, [](Tensor& t) { t.stride[2] = 2; }));
  }
  for (const char* name : {"chunk_lse_0", "chunk_lse_2", "suffix_lse"}) {
    calls.push_back(tensor(name, [](Tensor& t) { t.dtype = DType::f16; }));
    calls.push_back(tensor(name, [](Tensor& t) { t.shape[1] = 4; }));
  }
  return calls;
}

// Fine to read, not to write: only the variant that takes chunks for scratch refuses.
std::vector<Spoiled> spoiled_scratch() {
  return {
      // A backend that returns its persistent buffer for every chunk.
      {"chunk_out_0",
       [](PlacedCall& c) { c.tensors["chunk_out_2"].data = c.tensors["chunk_out_0"].data; }},
      {"chunk_lse_0",
       [](PlacedCall& c) { c.tensors["chunk_lse_1"].data = c.tensors["chunk_lse_0"].data; }},
      // One row for all tokens: fine to read, not to write.
      tensor("chunk_out_0", [](Tensor& t) { t.stride[0] = 0; }),
      tensor("chunk_lse_0", [](Tensor& t) { t.stride[1] = 0; }),
  };
}

TEST(ChunkedContextHost, RefusesBadArgumentsAndTouchesNothing) {
  expect_refusals(model(), ordinary_case(3), spoiled_calls());
}

TEST(ChunkedContextHost, SwappedRefusesChunksThatItCannotWrite) {
  const SubjectTable table = cpu_subjects("chunked_context");
  for (const Spoiled& spoiled : spoiled_scratch()) {
    SCOPED_TRACE(spoiled.argument);
    expect_refusal(variant_of(table, "swapped"), model().materialise(ordinary_case(3), "swapped"),
                   spoiled);
    PlacedCall placed(model().materialise(ordinary_case(3), "fresh"));
    spoiled.spoil(placed);
    PlainContext context;
    const Status status = variant_of(table, "fresh").run(placed.call(), context);
    EXPECT_TRUE(status.ok()) << status.message();
  }
}

}  // namespace
}  // namespace mlacheck::chunked_context
