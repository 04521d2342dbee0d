// mla_decode: what its host routines refuse, and the battery against planted defects.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/device/launch_limits.hpp"
#include "harness/sweep/battery.hpp"
#include "properties/mla_decode/model.hpp"
#include "reference/mla_decode/oracle.hpp"
#include "tests/support/case_results.hpp"
#include "tests/support/placed_call.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::mla_decode {
namespace {

using testing_support::cpu_subjects;
using testing_support::expect_refusals;
using testing_support::has;
using testing_support::integer;
using testing_support::laid_on;
using testing_support::missing;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;
using testing_support::variant_of;

Case ordinary_case(const char* page_map = "block_table") {
  Case c(model().schema());
  c.set("requests", {2, 5, 1, 3}).set("H", 3).set("latent", 4).set("rope", 2).set("page", 2);
  return c.set("splits", 2).set("page_map", page_map).set("values", "normal");
}

const std::vector<Spoiled>& spoiled_calls() {
  static const std::vector<Spoiled> kCalls{
      tensor("q", [](Tensor& t) { t.stride[2] = 2; }),
      tensor("kv", [](Tensor& t) { t.shape[2] = 5; }),
      tensor("kv", [](Tensor& t) { t.dtype = DType::bf16; }),
      tensor("kv", [](Tensor& t) { t.shape[1] = 0; }),
      integer("latent", 0),
      integer("latent", 7),
      integer("splits", 0),
      integer("splits", 257),
      {"scale", [](PlacedCall& c) { c.reals["scale"] = std::numeric_limits<double>::quiet_NaN(); }},
      integer("causal", 2),
      integer("causal", std::int64_t{1} << 32),
      integer("latent", (std::int64_t{1} << 32) + 4),
      integer("splits", (std::int64_t{1} << 32) + 2),
      tensor("out", [](Tensor& t) { t.shape[2] = 3; }),
      tensor("out", [](Tensor& t) { t.stride[1] = 3; }),
      laid_on("out", "lse_out"),
      tensor("lse_out", [](Tensor& t) { t.shape[1] = 2; }),
      tensor("lse_out", [](Tensor& t) { t.stride[0] = 1; }),
      tensor("query_start_loc", [](Tensor& t) { t.shape[0] = 0; })};
  return kCalls;
}

void expect_refused(const Case& c, const std::vector<Spoiled>& calls) {
  expect_refusals(model(), c, calls);
}

TEST(MlaDecodeHost, RefusesEachBadArgumentByName) {
  expect_refused(ordinary_case(), spoiled_calls());
}

// The kernels multiply by an fp32 number, so that is what must be finite, and still the number that
// was meant: what rounds to 0 or below the normal range is not.
TEST(MlaDecodeHost, RefusesAScaleThatFp32DoesNotHold) {
  for (const double scale : {1e39, -1e39, 0x1.ffffffp127, 1e300, 1e-60, -1e-60, 1e-40, 0x1p-127,
                             0x1.fffffdfp-127, 5e-324, std::numeric_limits<double>::infinity()}) {
    expect_refused(ordinary_case(), {{"scale", [&](PlacedCall& c) { c.reals["scale"] = scale; }}});
  }
  PlacedCall placed(model().materialise(ordinary_case(), "empty"));
  placed.reals["scale"] = 1e39;
  PlainContext context;
  const SubjectTable table = cpu_subjects("mla_decode");
  EXPECT_EQ(variant_of(table, "empty").run(placed.call(), context).message(),
            "argument scale: 1e+39 where 0 or a number that is finite and normal in fp32, "
            "1.17549435e-38 to 3.40282347e+38 in magnitude, is needed");
}

TEST(MlaDecodeHost, TakesEveryScaleThatFp32Holds) {
  const SubjectTable table = cpu_subjects("mla_decode");
  for (const double scale : {0.0, -0.0, 0x1p-126, 0x1.fffffep-127, -0x1p-126, 1.0, -0.0416667,
                             0x1.fffffep127, 0x1.fffffefp127}) {
    PlacedCall placed(model().materialise(ordinary_case(), "empty"));
    placed.reals["scale"] = scale;
    PlainContext context;
    const Status status = variant_of(table, "empty").run(placed.call(), context);
    EXPECT_TRUE(status.ok()) << scale << ": " << status.message();
  }
}

// A case cannot ask for a scale that its op refuses.
TEST(MlaDecodeHost, EveryScaleOfACaseIsTaken) {
  const Schema& schema = model().schema();
  const SubjectTable table = cpu_subjects("mla_decode");
  for (const std::string& scale : schema.fields[schema.index_of("scale")].choices) {
    Case c = ordinary_case();
    PlacedCall placed(model().materialise(c.set("scale", scale), "empty"));
    PlainContext context;
    EXPECT_TRUE(variant_of(table, "empty").run(placed.call(), context).ok()) << scale;
  }
}

// 2^56 rows of stride 0, whose 3 * 2^64 blocks are 0 in 64 bits. Nothing there is memory.
TEST(MlaDecodeHost, RefusesExtentsWhoseProductOverflows) {
  expect_refused(ordinary_case(),
                 {{"q", [](PlacedCall& c) {
                     constexpr std::int64_t kRows = std::int64_t{1} << 56;
                     c.integers["splits"] = 256;
                     for (const char* name : {"q", "out", "lse_out"}) {
                       c.tensors[name].shape[0] = kRows;
                     }
                     c.tensors["q"].stride[0] = 0;
                     c.tensors["out"].data = reinterpret_cast<void*>(std::uintptr_t{1} << 62);
                     c.tensors["lse_out"].data = reinterpret_cast<void*>(std::uintptr_t{1} << 60);
                   }}});
}

TEST(LaunchLimits, SharedMemoryIsRefusedByArgumentValueAndLimit) {
  EXPECT_TRUE(check_shared_bytes("q", "f32[1]", kHipSharedBytes, kHipSharedBytes).ok());
  const Status status = check_shared_bytes("q", "f32[1,2,900]", 65537, kHipSharedBytes);
  EXPECT_EQ(status.code(), StatusCode::invalid_argument);
  EXPECT_EQ(status.message().rfind("argument q: f32[1,2,900] ", 0), 0U) << status.message();
  EXPECT_NE(status.message().find("at most 65536 bytes"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("need 65537"), std::string::npos) << status.message();
}

TEST(MlaDecodeHost, RefusesBadPageMaps) {
  expect_refused(ordinary_case(),
                 {tensor("block_table", [](Tensor& t) { t.shape[0] = 1; }),
                  tensor("seq_lens", [](Tensor& t) { t.shape[0] = 3; }), missing("block_table")});
  expect_refused(ordinary_case("csr"),
                 {tensor("kv_indptr", [](Tensor& t) { t.shape[0] = 2; }),
                  tensor("kv_last_page_len", [](Tensor& t) { t.stride[0] = 2; })});
}

TEST(MlaDecodeHost, LaunchesAndScratchAreWhatTheVariantsPromise) {
  const SubjectTable table = cpu_subjects("mla_decode");
  const auto kernels = [&](const std::string& variant, std::int64_t splits) {
    Case c = ordinary_case();
    PlacedCall placed(model().materialise(c.set("splits", splits), variant));
    PlainContext context;
    EXPECT_TRUE(variant_of(table, variant).run(placed.call(), context).ok());
    EXPECT_EQ(context.allocations(), splits > 1 ? 2 : 0);
    std::string names;
    for (const LaunchRecord& launch : context.launches()) names += std::string(launch.kernel) + " ";
    return names;
  };
  EXPECT_EQ(kernels("empty", 1), "decode_split ");
  EXPECT_EQ(kernels("empty", 2), "decode_split decode_combine ");
  EXPECT_EQ(kernels("async", 2), "async_decode_split decode_combine ");
  EXPECT_EQ(kernels("zero_filled", 2), "zero_fill decode_split decode_combine ");
}

// A broken subject: the real one, then a spoilt result.
using Break = void (*)(const Call&);
Break g_break = nullptr;

CaseResult with_break(const Case& c, Break broken) {
  g_break = broken;
  static const SubjectTable kTable = cpu_subjects("mla_decode");
  Subject subject = variant_of(kTable, "empty");
  subject.run = [](const Call& call, LaunchContext& context) -> Status {
    Status status = variant_of(kTable, "empty").run(call, context);
    // Neighbours may have no row or no page.
    const bool holds = call.tensor("out").shape[0] > 0 && call.tensor("kv").shape[0] > 0;
    if (status.ok() && holds) g_break(call);
    return status;
  };
  const OpEntry op{&model(), &oracle()};
  const auto backend = make_cpu_backend(32);
  return run_case(op, c, subject, &variant_of(kTable, "zero_filled"), *backend);
}

TEST(MlaDecodeHost, BatteryCatchesPlantedDefects) {
  const Case c = ordinary_case();
  EXPECT_EQ(with_break(c, [](const Call&) {}).verdict, Verdict::passed);
  EXPECT_TRUE(has(with_break(c, [](const Call& call) { *call.tensor("out").as<float>() += 1e-3F; }),
                  Check::shapes));
  EXPECT_TRUE(
      has(with_break(c, [](const Call& call) { *call.tensor("lse_out").as<float>() += 1e-3F; }),
          Check::agreement));
  EXPECT_TRUE(has(with_break(c, [](const Call& call) { call.tensor("kv").as<float>()[0] = 0; }),
                  Check::canary));
  // The padding row: zeros there are what `empty` must not write.
  Case padded = c;
  padded.set("padding", 1);
  EXPECT_TRUE(has(with_break(padded,
                             [](const Call& call) {
                               const Tensor& out = call.tensor("out");
                               out.as<float>()[3 * out.stride[0]] = 0;
                             }),
                  Check::canary));
}

}  // namespace
}  // namespace mlacheck::mla_decode
