// How small a mistake in the softmax scale the oracle sees at the columns of real models.
#include <gtest/gtest.h>

#include <string>

#include "properties/prefill_context/model.hpp"
#include "reference/prefill_context/oracle.hpp"
#include "tests/support/scale_error.hpp"

namespace mlacheck::prefill_context {
namespace {

using testing_support::outside;

// Of 256 elements, with 64 tokens of context in chunks of so many.
void expect_outside(const char* dtype, std::int64_t chunk) {
  SCOPED_TRACE(std::string(dtype) + " " + std::to_string(chunk));
  Case c(model().schema());
  c.set("dtype", dtype).set("requests", {2, 64}).set("H", 1).set("latent", 512);
  c.set("nope", 128).set("rope", 64).set("V", 128).set("page", 16).set("chunk", chunk);
  c.set("values", "normal");
  const Problem problem = model().materialise(c, "");
  const ExpectedTensor expected = oracle().expect(problem).outputs.front();
  EXPECT_EQ(outside(expected, problem, {"prefill_context", "swapped", "cpu.w32"}, 0), 0);
  EXPECT_EQ(outside(expected, problem, {"prefill_context", "fresh", "cpu.w64"}, 0), 0);
  for (const double error : {0.003, -0.01}) {
    EXPECT_GE(outside(expected, problem, {"prefill_context", "swapped"}, error), 32) << error;
  }
}

TEST(PrefillContextSensitivity, ThreeInAThousandAreOutside) {
  for (const char* dtype : {"bf16", "f16", "f32"}) expect_outside(dtype, 32);
}

// The stores of 16 states and 15 merges leave nothing open.
TEST(PrefillContextSensitivity, AlsoInManyChunks) {
  for (const char* dtype : {"bf16", "f16"}) expect_outside(dtype, 4);
}

}  // namespace
}  // namespace mlacheck::prefill_context
