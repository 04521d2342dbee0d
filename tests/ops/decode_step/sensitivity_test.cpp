// How small a mistake in the softmax scale the oracle sees at the shapes of real models.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "properties/decode_step/model.hpp"
#include "reference/decode_step/oracle.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::decode_step {
namespace {

using testing_support::cpu_subjects;
using testing_support::PlacedCall;
using testing_support::variant_of;

// Heads of one rank. The scale of V3 has the factor of its longer context (YaRN: (0.1 log 40 + 1)^2).
struct Model {
  const char* name;
  std::int64_t heads;
  double scale;
};
constexpr Model kModels[]{{"DeepSeek-V2-Lite", 16, 0.0721688}, {"V3 on 8 ranks", 16, 0.1352338}};

Problem problem_of(const Model& of, const char* dtype, std::int64_t keys, double scale) {
  Case c(model().schema());
  c.set("dtype", dtype).set("requests", {1, keys}).set("H", of.heads).set("latent", 512);
  c.set("nope", 128).set("rope", 64).set("V", 128).set("page", 64).set("values", "normal");
  Problem problem = model().materialise(c, "");
  for (auto& [name, value] : problem.reals) {
    if (name == "scale") value = scale;
  }
  return problem;
}

struct Seen {
  std::int64_t outside = 0;  ///< elements
  double used = 0;           ///< largest share of a bound
};

// What a kernel computes whose scale is off by that share of it, judged by the right scale.
Seen seen(const Model& of, const char* dtype, std::int64_t keys, double error,
          const char* variant = "optimised", const char* backend = "cpu.w32") {
  const Problem right = problem_of(of, dtype, keys, of.scale);
  const ExpectedTensor expected = oracle().expect(right).outputs.front();
  PlacedCall placed(problem_of(of, dtype, keys, of.scale * (1 + error)));
  PlainContext context;
  const SubjectTable table = cpu_subjects("decode_step", backend);
  const Status status = variant_of(table, variant).run(placed.call(), context);
  EXPECT_TRUE(status.ok()) << status.message();
  const std::vector<double> got = placed.read("out");
  Seen result;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double distance = std::fabs(got[i] - expected.value[i]);
    result.outside += distance > expected.bound[i] ? 1 : 0;
    if (expected.bound[i] > 0) result.used = std::max(result.used, distance / expected.bound[i]);
  }
  return result;
}

TEST(DecodeStepSensitivity, Table) {
  for (const Model& of : kModels) {
    for (const char* dtype : {"bf16", "f16", "f32"}) {
      for (const double error : {0.0, 0.001, 0.003, 0.01, 0.03, 0.1}) {
        const Seen s = seen(of, dtype, 32, error);
        std::printf("%-18s %-5s %6g outside %5lld of 2048 used %.3f\n", of.name, dtype, error,
                    static_cast<long long>(s.outside), s.used);
      }
    }
  }
}

}  // namespace
}  // namespace mlacheck::decode_step
