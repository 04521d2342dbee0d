// Numbers past the width of what a routine keeps them in: a number that is right only in its low bits
// must be refused, and a size of some ten thousand must not be. Nothing runs.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/case/extents.hpp"
#include "harness/checks/dry_run.hpp"
#include "harness/checks/extrapolate.hpp"
#include "tests/support/every_op.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck {
namespace {

constexpr std::int64_t kLow16 = std::int64_t{1} << 16;
constexpr std::int64_t kLow32 = std::int64_t{1} << 32;

// No operand is empty, and each op has all of its operands in one of the cases.
const char* const kCases[]{
    "strided_bmm(T=3,H=4,latent=8,V=16,dtype=bf16)",
    "merge_states(T=4,H=3,V=16,copied=1,has_lse_out=1,dtype=bf16)",
    "chunked_context(chunks=3,requests=[2:3,1:1],H=2,V=16,dtype=bf16)",
    "mla_decode(requests=[2:5,1:3],H=3,latent=4,rope=2,page=2,splits=2)",
    "mla_decode(requests=[2:5,1:3],H=3,latent=4,rope=2,page=2,splits=2,page_map=csr)",
    "decode_expansion(requests=[3:10,3:7,3:12],padding=2,W=12)",
    "decode_expansion(requests=[3:10,3:7,3:12],device_tokens=[3,2,3],W=12)",
    "flatten_quant(T=3,H=4,V=40,form=mxfp4,dtype=bf16)",
    "flatten_quant(T=3,H=4,V=40,form=fp8,group=16,dtype=bf16)",
    "flatten_quant(T=3,H=4,V=40,form=fp8_transposed,group=16,dtype=bf16)",
    "quantized_bmm(form=a16wfp4,T=3,H=2,V=5,blocks=3)",
    "quantized_bmm(form=afp4wfp4,T=3,H=2,V=5,blocks=3)",
    "quantized_bmm(form=fp8,T=3,H=2,V=5,blocks=3,has_bias=1)",
    "prefill_context(requests=[2:5,1:3],H=3,latent=4,nope=3,rope=2,V=4,page=2,chunk=2,ranks=2)",
    "decode_step(requests=[2:5,2:3],H=3,latent=4,nope=3,rope=2,V=4,page=2)",
    "decode_step(requests=[2:5,1:3],device_tokens=[1,1],H=3,latent=4,nope=3,rope=2,V=4,page=2)",
    "output_step(product=mxfp4,projection=plain,T=3,H=2,V=32,hidden=5,blocks=2)",
    "output_step(product=mxfp4,projection=mxfp4,T=3,H=2,V=32,hidden=5,blocks=2)",
    "output_step(product=fp8,projection=fp8,T=3,H=2,V=5,hidden=5,group=2,blocks=2)",
    "output_step(product=fp8,projection=fp8_transposed,T=3,H=2,V=5,hidden=5,group=2,blocks=2)",
};

// What a call returns whose operands are addresses without memory.
StatusCode answer_of(const Subject& subject, const Problem& problem, Backend& backend) {
  const DryRun run = dry_run(subject, problem, backend);
  EXPECT_TRUE(run.left_out.empty()) << run.left_out;
  return run.status.code();
}

Problem with_integer(Problem problem, std::size_t i, std::int64_t more) {
  problem.integers[i].second += more;
  return problem;
}

Problem with_extent(Problem problem, std::size_t k, std::size_t axis, std::int64_t more) {
  Layout& layout = problem.operands[k].layout;
  std::vector<std::int64_t> shape = layout.shape;
  shape[axis] += more;
  layout = Layout::dense_like(layout, std::move(shape));
  return problem;
}

class LowBits : public testing::Test {
 protected:
  void SetUp() override {
    if (cpu::is_msan() || cpu::is_tsan()) GTEST_SKIP() << "a shadow is kept of every address";
  }
  std::unique_ptr<Backend> backend_ = make_cpu_backend(32);
};

TEST_F(LowBits, OfAScalarDoNotMakeItRight) {
  for (const char* line : kCases) {
    const Case c = std::get<Case>(parse_case(line, all_schemas()));
    for (const Subject& subject : testing_support::cpu_subjects(c.op(), "cpu.w32").subjects) {
      const Problem problem = find_op(c.op())->model->materialise(c, subject.variant);
      for (std::size_t i = 0; i < problem.integers.size(); ++i) {
        SCOPED_TRACE(subject.variant + ", " + problem.integers[i].first + ": " + line);
        const auto answer = [&](std::int64_t more) {
          return answer_of(subject, with_integer(problem, i, more), *backend_);
        };
        // What the call does not look at may be anything.
        if (answer(-1 - problem.integers[i].second) != StatusCode::invalid_argument) continue;
        EXPECT_EQ(answer(kLow32), StatusCode::invalid_argument);
        // Some numbers may be larger, those that have few values may not.
        if (answer(100) != StatusCode::invalid_argument) continue;
        EXPECT_EQ(answer(kLow16), StatusCode::invalid_argument);
      }
    }
  }
}

TEST_F(LowBits, OfAnExtentDoNotMakeItFit) {
  for (const char* line : kCases) {
    const Case c = std::get<Case>(parse_case(line, all_schemas()));
    for (const Subject& subject : testing_support::cpu_subjects(c.op(), "cpu.w32").subjects) {
      const Problem problem = find_op(c.op())->model->materialise(c, subject.variant);
      for (std::size_t k = 0; k < problem.operands.size(); ++k) {
        for (std::size_t axis = 0; axis < problem.operands[k].layout.shape.size(); ++axis) {
          SCOPED_TRACE(subject.variant + ", " + problem.operands[k].name + " axis " +
                       std::to_string(axis) + ": " + line);
          const auto answer = [&](std::int64_t more) {
            return answer_of(subject, with_extent(problem, k, axis, more), *backend_);
          };
          // Either the operand may have any such extent, or any that is a multiple.
          if (answer(1) != StatusCode::invalid_argument) continue;
          if (answer(2) != StatusCode::invalid_argument) continue;
          EXPECT_EQ(answer(kLow16), StatusCode::invalid_argument);
          EXPECT_EQ(answer(kLow32), StatusCode::invalid_argument);
        }
      }
    }
  }
}

// Contracts limit these to less.
const std::set<std::string> kLimited{
    "mla_decode latent", "mla_decode splits",    "decode_step latent",   "decode_step splits",
    "prefill_context V", "prefill_context nope", "quantized_bmm splits",
};

TEST_F(LowBits, SizesOfSomeTenThousandAreTaken) {
  std::set<std::string> limited;
  for (const OpEntry& op : ops()) {
    const Schema& schema = op.model->schema();
    for (const Extent& extent : extents_of(schema)) {
      // What these say lies in contents, which a dry run does not have.
      if (extent.of_list && extent.part > 0) continue;
      for (const Subject& subject : testing_support::cpu_subjects(schema.op, "cpu.w32").subjects) {
        const std::string name = schema.op + " " + extent.name;
        SCOPED_TRACE(subject.variant + ", " + name);
        const auto problem_of = [&](std::int64_t size, std::int64_t) -> std::optional<Problem> {
          Case c = with_simplest_extents(Case(schema));
          set_extent(c, extent, size);
          if (value_of(extent, c) != size || !op.model->inadmissible(c).empty()) {
            return std::nullopt;
          }
          return op.model->materialise(c, subject.variant);
        };
        const auto problem = extrapolate(problem_of);
        if (!problem || answer_of(subject, problem->at(256, 1), *backend_) != StatusCode::ok) {
          continue;
        }
        for (const std::int64_t size : {40000, 70000}) {
          if (answer_of(subject, problem->at(size, 1), *backend_) != StatusCode::ok) {
            limited.insert(name);
          }
        }
      }
    }
  }
  EXPECT_EQ(limited, kLimited);
}

}  // namespace
}  // namespace mlacheck
