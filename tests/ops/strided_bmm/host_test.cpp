// strided_bmm: what its host routines refuse and cost, and the battery against planted defects.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/sweep/battery.hpp"
#include "properties/strided_bmm/model.hpp"
#include "reference/strided_bmm/oracle.hpp"
#include "tests/support/case_results.hpp"
#include "tests/support/placed_call.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::strided_bmm {
namespace {

using testing_support::cpu_subjects;
using testing_support::expect_refusals;
using testing_support::has;
using testing_support::integer;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;
using testing_support::texts;
using testing_support::variant_of;

Case ordinary_case() {
  Case c(model().schema());
  c.set("T", 3).set("H", 4).set("latent", 8).set("V", 16).set("dtype", "bf16");
  return c;
}

std::vector<Spoiled> spoiled_calls() {
  std::vector<Spoiled> calls{
      tensor("out", [](Tensor& t) { t.stride[2] = 2; }),
      tensor("out", [](Tensor& t) { t.stride[1] = 15; }),
      tensor("out", [](Tensor& t) { t.stride[0] = 63; }),
      tensor("x", [](Tensor& t) { t.stride[2] = 2; }),
      // More rows than the output: PyTorch would resize the output behind the caller's back.
      tensor("x", [](Tensor& t) { t.shape[0] = 4; }),
      tensor("x", [](Tensor& t) { t.shape[1] = 3; }),
      tensor("w", [](Tensor& t) { t.shape[0] = 5; }),
      tensor("w", [](Tensor& t) { t.shape[1] = 7; }),
      tensor("w", [](Tensor& t) { t.shape[2] = 17; }),
      // 2^40 rows of one element: addressable, but more blocks than a grid has.
      {"out",
       [](PlacedCall& c) {
         c.tensors["out"].shape = {std::int64_t{1} << 40, 1, 1};
         c.tensors["out"].stride = {1, 1, 1};
         c.tensors["x"].shape = {std::int64_t{1} << 40, 1, 8};
         c.tensors["x"].stride = {0, 8, 1};
         c.tensors["w"].shape = {1, 8, 1};
         const auto base = std::uintptr_t{1} << 46;  // apart from the inputs; never touched
         c.tensors["out"].data = reinterpret_cast<void*>(base);
       }},
  };
  for (const char* name : {"x", "w", "out"}) {
    calls.push_back(tensor(name, [](Tensor& t) { t.shape[0] = -1; }));
  }
  for (const char* name : {"x", "w"}) {
    calls.push_back(tensor(name, [](Tensor& t) { t.dtype = DType::f16; }));
  }
  return calls;
}

TEST(StridedBmmHost, RefusesBadArgumentsAndTouchesNothing) {
  expect_refusals(model(), ordinary_case(), spoiled_calls());
}

// What the optimisation is about: one launch and one temporary less.
TEST(StridedBmmHost, StridedSavesTheTemporaryAndTheCopy) {
  const SubjectTable table = cpu_subjects("strided_bmm");
  const auto cost = [&](const char* variant) {
    PlacedCall placed(model().materialise(ordinary_case(), variant));
    PlainContext context;
    EXPECT_TRUE(variant_of(table, variant).run(placed.call(), context).ok());
    EXPECT_FALSE(placed.untouched());
    return std::pair(context.launches().size(), context.allocations());
  };
  EXPECT_EQ(cost("copy"), std::pair(std::size_t{2}, 1));
  EXPECT_EQ(cost("strided"), std::pair(std::size_t{1}, 0));
  EXPECT_EQ(cost("async"), std::pair(std::size_t{1}, 0));
}

TEST(StridedBmmHost, NothingToWriteLaunchesNothing) {
  const SubjectTable table = cpu_subjects("strided_bmm");
  for (const char* axis : {"T", "H", "V"}) {
    for (const Subject& subject : table.subjects) {
      PlacedCall placed(
          model().materialise(ordinary_case().set(axis, 0).set("out.pad", 2), "strided"));
      PlainContext context;
      EXPECT_TRUE(subject.run(placed.call(), context).ok());
      EXPECT_TRUE(context.launches().empty());
      EXPECT_TRUE(placed.untouched());
    }
  }
}

// Inputs may overlap themselves: one row of x for all, and one matrix for all heads.
TEST(StridedBmmHost, BroadcastInputs) {
  const SubjectTable table = cpu_subjects("strided_bmm");
  for (const Subject& subject : table.subjects) {
    PlacedCall placed(model().materialise(ordinary_case(), subject.variant));
    placed.tensors["x"].stride[0] = 0;
    placed.tensors["x"].stride[1] = 0;
    placed.tensors["w"].stride[0] = 0;
    PlainContext context;
    ASSERT_TRUE(subject.run(placed.call(), context).ok());
    const std::vector<double> out = placed.read("out");
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], out[i % 16]) << subject.variant;
    EXPECT_NE(out[0], out[1]);
  }
}

// A product written down as plainly as possible, and the ways in which it can be wrong.
enum class Defect {
  none,
  resized_copy,        ///< see copy_onto_itself
  dense_rows,          ///< the output's row stride taken to be H * V
  old_output_added,    ///< beta = 1
  padding_written,     ///< rows rounded up to a multiple of 4
  latent_rounded_up,   ///< reads terms past L, up to a multiple of 8
  narrow_accumulator,  ///< partial sums kept in the output type
  truncated_output,    ///< the last rounding towards zero
  first_head_for_all,
  next_row_leaks,  ///< adds 0 times the next row, as a masked row of a tile would
};

// What the code before the change did with the product in its final place: view it as [T, H, V],
// resize the view to dense strides, and copy the former onto the latter, in the same memory.
void copy_onto_itself(const Tensor& out) {
  const std::size_t width = size_of(out.dtype);
  const std::int64_t row = out.shape[1] * out.shape[2];
  auto* memory = out.as<std::byte>();
  for (std::int64_t i = 0; i < out.shape[0] * row; ++i) {
    const std::int64_t from =
        i / row * out.stride[0] + i % row / out.shape[2] * out.stride[1] + i % out.shape[2];
    const std::uint32_t bits =
        load_bits(out.dtype, memory + static_cast<std::size_t>(from) * width);
    store_bits(out.dtype, memory + static_cast<std::size_t>(i) * width, bits);
  }
}

template <Defect kDefect>
Status plain_product(const Call& call, LaunchContext& /*context*/) {
  const Tensor x = call.tensor("x");
  const Tensor w = call.tensor("w");
  const Tensor out = call.tensor("out");
  const DType dtype = out.dtype;
  const auto at = [&](const Tensor& tensor, std::int64_t i, std::int64_t j, std::int64_t k) {
    const std::int64_t offset = i * tensor.stride[0] + j * tensor.stride[1] + k * tensor.stride[2];
    return tensor.as<std::byte>() + offset * static_cast<std::int64_t>(size_of(dtype));
  };
  const auto read = [&](const std::byte* element) {
    return static_cast<float>(decode(dtype, load_bits(dtype, element)));
  };
  Tensor written = out;
  if (kDefect == Defect::dense_rows) written.stride[0] = out.shape[1] * out.shape[2];
  const auto rounded_up = [](std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; };
  const std::int64_t rows =
      kDefect == Defect::padding_written ? rounded_up(out.shape[0], 4) : out.shape[0];
  const std::int64_t latent =
      kDefect == Defect::latent_rounded_up ? rounded_up(x.shape[2], 8) : x.shape[2];
  for (std::int64_t b = 0; b < rows; ++b) {
    const std::int64_t source = std::min(b, out.shape[0] - 1);
    for (std::int64_t n = 0; n < out.shape[1]; ++n) {
      const std::int64_t weights = kDefect == Defect::first_head_for_all ? 0 : n;
      for (std::int64_t v = 0; v < out.shape[2]; ++v) {
        float sum = kDefect == Defect::old_output_added ? read(at(written, b, n, v)) : 0.0f;
        for (std::int64_t l = 0; l < latent; ++l) {
          const float weight = read(at(w, weights, l, v));
          sum += read(at(x, source, n, l)) * weight;
          if (kDefect == Defect::next_row_leaks) {
            sum += 0.0f * read(at(x, (source + 1) % out.shape[0], n, l));
          }
          if (kDefect == Defect::narrow_accumulator) {
            sum = static_cast<float>(decode(dtype, encode(dtype, sum)));
          }
        }
        std::uint32_t bits = encode(dtype, sum);
        if (kDefect == Defect::truncated_output &&
            std::fabs(decode(dtype, bits)) > std::fabs(sum)) {
          --bits;
        }
        store_bits(dtype, at(written, b, n, v), bits);
      }
    }
  }
  if (kDefect == Defect::resized_copy) copy_onto_itself(out);
  return {};
}

using Routine = Status (*)(const Call&, LaunchContext&);

CaseResult try_product(Routine run, const Case& c, const Subject* baseline = nullptr) {
  const OpEntry op{&model(), &oracle()};
  Subject subject;
  subject.variant = "tried";
  subject.run = run;
  subject.conventions.refuses_overlap = false;  // it checks no arguments
  const auto backend = make_cpu_backend(32);
  return run_case(op, c, subject, baseline, *backend);
}

// What a routine without launches leaves in `out`.
std::vector<double> outputs_of(Routine run, const Case& c) {
  PlacedCall placed(model().materialise(c, "tried"));
  PlainContext context;
  EXPECT_TRUE(run(placed.call(), context).ok());
  return placed.read("out");
}

// With a dense output the old code's copy moves nothing; with a larger row stride it overwrites
// rows that it has yet to read, and the gaps.
TEST(StridedBmmDefects, ResizedCopyIsWrongWhereTheRowStrideIsLarger) {
  constexpr Routine kOld = &plain_product<Defect::resized_copy>;
  constexpr Routine kRight = &plain_product<Defect::none>;
  const SubjectTable table = cpu_subjects("strided_bmm");
  const Subject& copy = variant_of(table, "copy");
  Case dense(model().schema());
  dense.set("T", 64).set("H", 2).set("latent", 32).set("V", 32).set("dtype", "bf16");
  dense.set("values", "normal");
  EXPECT_EQ(outputs_of(kOld, dense), outputs_of(kRight, dense));
  Case padded = dense;
  padded.set("out.outer_gap", 64);
  EXPECT_NE(outputs_of(kOld, padded), outputs_of(kRight, padded));

  const CaseResult result = try_product(kOld, padded, &copy);
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_TRUE(has(result, Check::canary)) << texts(result);
  EXPECT_TRUE(has(result, Check::shapes)) << texts(result);
  EXPECT_TRUE(has(result, Check::agreement)) << texts(result);

  // The dense case finds it too: its layout twin has another row stride.
  const CaseResult by_twin = try_product(kOld, dense, &copy);
  EXPECT_TRUE(has(by_twin, Check::layout)) << texts(by_twin);
  EXPECT_FALSE(has(by_twin, Check::shapes)) << texts(by_twin);
  EXPECT_EQ(try_product(kRight, padded, &copy).verdict, Verdict::passed);
}

struct Planted {
  const char* name;
  Routine run;
  std::vector<Check> checks;  ///< one of these must see it
};

// Each is found among the first cases that a sweep would draw.
TEST(StridedBmmDefects, AreFoundAmongDrawnCases) {
  const std::vector<Planted> planted{
      {"resized_copy", &plain_product<Defect::resized_copy>, {Check::canary}},
      {"dense_rows", &plain_product<Defect::dense_rows>, {Check::canary}},
      {"old_output_added", &plain_product<Defect::old_output_added>, {Check::poison, Check::edge}},
      {"padding_written", &plain_product<Defect::padding_written>, {Check::canary}},
      {"latent_rounded_up",
       &plain_product<Defect::latent_rounded_up>,
       {Check::shapes, Check::edge, Check::poison}},
      {"narrow_accumulator", &plain_product<Defect::narrow_accumulator>, {Check::shapes}},
      {"truncated_output", &plain_product<Defect::truncated_output>, {Check::shapes, Check::edge}},
      {"first_head_for_all",
       &plain_product<Defect::first_head_for_all>,
       {Check::shapes, Check::edge}},
      {"next_row_leaks", &plain_product<Defect::next_row_leaks>, {Check::edge}},
  };
  const std::vector<Tile> tiles = cpu_subjects("strided_bmm").tiles;
  std::vector<Case> cases;
  for (std::uint64_t i = 0; i < 80; ++i) {
    Random random(i, 2);
    const Case c = model().generate(random, tiles);
    const bool cheap =
        c.integer("T") * c.integer("H") * c.integer("V") * c.integer("latent") < 100000;
    if (cheap) cases.push_back(c);
  }
  ASSERT_GT(cases.size(), 40U);
  for (const Case& c : cases) {
    const CaseResult result = try_product(&plain_product<Defect::none>, c);
    EXPECT_EQ(result.verdict, Verdict::passed) << c.line() << "\n" << texts(result);
  }
  for (const Planted& defect : planted) {
    const bool found = std::any_of(cases.begin(), cases.end(), [&](const Case& c) {
      const CaseResult result = try_product(defect.run, c);
      return result.verdict == Verdict::failed &&
             std::any_of(defect.checks.begin(), defect.checks.end(),
                         [&](Check check) { return has(result, check); });
    });
    EXPECT_TRUE(found) << defect.name;
  }
}

}  // namespace
}  // namespace mlacheck::strided_bmm
