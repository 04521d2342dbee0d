// How small a mistake in the softmax scale the oracle sees at the columns of real models.
#include <gtest/gtest.h>

#include "properties/prefill_context/model.hpp"
#include "reference/prefill_context/oracle.hpp"
#include "tests/support/scale_error.hpp"

namespace mlacheck::prefill_context {
namespace {

using testing_support::outside;

TEST(PrefillContextSensitivity, OnePercentIsOutside) {
  for (const char* dtype : {"bf16", "f16", "f32"}) {
    SCOPED_TRACE(dtype);
    Case c(model().schema());
    c.set("dtype", dtype).set("requests", {2, 64}).set("H", 1).set("latent", 512);
    c.set("nope", 128).set("rope", 64).set("V", 128).set("page", 16).set("chunk", 32);
    c.set("values", "normal");
    const Problem problem = model().materialise(c, "");
    const ExpectedTensor expected = oracle().expect(problem).outputs.front();
    EXPECT_EQ(outside(expected, problem, {"prefill_context", "swapped", "cpu.w32"}, 0), 0);
    EXPECT_EQ(outside(expected, problem, {"prefill_context", "fresh", "cpu.w64"}, 0), 0);
    for (const double error : {0.01, -0.03}) {
      EXPECT_GE(outside(expected, problem, {"prefill_context", "swapped"}, error), 32) << error;
    }
  }
}

}  // namespace
}  // namespace mlacheck::prefill_context
