// The interface from a plug-in's side: what a subject written against harness/abi/subject.h is
// handed, what it gets when it asks for scratch, and what a wrong table is told.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "harness/abi/subject.h"
#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/execute/execute.hpp"
#include "harness/plugin/import_table.hpp"
#include "harness/subjects/ops.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck {
namespace {

// A subject whose call is whatever the test wants.
struct Foreign {
  using Body = std::function<mlacheck_status(const mlacheck_call&, mlacheck_context&)>;

  explicit Foreign(Body what) : body(std::move(what)) {
    subject.variant = "foreign";
    subject.self = this;
    subject.run = [](void* self, const mlacheck_call* call, mlacheck_context* context) {
      return static_cast<Foreign*>(self)->body(*call, *context);
    };
    table.op = "merge_states";
    table.backend = "cpu";
    table.subject_count = 1;
    table.subjects = &subject;
  }
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;

  Run run(const Problem& problem) {
    const SubjectTable imported = import_table(table, nullptr);
    const auto backend = make_cpu_backend(32);
    return execute(imported.subjects.front(), problem, *backend, Poison::junk);
  }

  Body body;
  mlacheck_subject subject{};
  mlacheck_table table{};
};

Problem problem_of(const char* line) {
  const ParsedCase parsed = parse_case(line, all_schemas());
  const Case& c = std::get<Case>(parsed);
  return find_op(c.op())->model->materialise(c, "strided");
}

// "uint8 format 1" for each operand that a subject is handed.
std::map<std::string, std::string> tags_of(const char* line) {
  std::map<std::string, std::string> tags;
  Foreign foreign([&](const mlacheck_call& call, mlacheck_context&) {
    for (std::int32_t i = 0; i < call.operand_count; ++i) {
      const mlacheck_operand& operand = call.operands[i];
      const DLDataType dtype = operand.tensor.dtype;
      const bool codes = dtype.code == kDLUInt && dtype.bits == 8 && dtype.lanes == 1;
      tags[operand.name] =
          (codes ? "codes " : "numbers ") + std::to_string(static_cast<int>(operand.format));
      EXPECT_EQ(operand.reserved, 0);
    }
    return MLACHECK_OK;
  });
  EXPECT_TRUE(foreign.run(problem_of(line)).status.ok());
  return tags;
}

using Tags = std::map<std::string, std::string>;

const std::string kNumbers = "numbers " + std::to_string(MLACHECK_PLAIN);
const std::string kE2m1 = "codes " + std::to_string(MLACHECK_E2M1);
const std::string kE8m0 = "codes " + std::to_string(MLACHECK_E8M0);
const std::string kE4m3fn = "codes " + std::to_string(MLACHECK_E4M3FN);
const std::string kE4m3fnuz = "codes " + std::to_string(MLACHECK_E4M3FNUZ);

TEST(Abi, QuantizedBmmTagsItsCodes) {
  EXPECT_EQ(tags_of("quantized_bmm(form=a16wfp4)"),
            (Tags{{"x", kNumbers}, {"w", kE2m1}, {"w_scales", kE8m0}, {"out", kNumbers}}));
  EXPECT_EQ(tags_of("quantized_bmm(form=afp4wfp4)"), (Tags{{"x", kE2m1},
                                                           {"x_scales", kE8m0},
                                                           {"w", kE2m1},
                                                           {"w_scales", kE8m0},
                                                           {"out", kNumbers}}));
  EXPECT_EQ(tags_of("quantized_bmm(form=fp8,has_bias=1)"), (Tags{{"x", kNumbers},
                                                                 {"w", kE4m3fn},
                                                                 {"w_scale", kNumbers},
                                                                 {"bias", kNumbers},
                                                                 {"out", kNumbers}}));
  EXPECT_EQ(tags_of("quantized_bmm(form=fp8,format=e4m3fnuz,maximum=240)"),
            (Tags{{"x", kNumbers}, {"w", kE4m3fnuz}, {"w_scale", kNumbers}, {"out", kNumbers}}));
}

TEST(Abi, FlattenQuantTagsItsCodes) {
  EXPECT_EQ(tags_of("flatten_quant(form=mxfp4)"),
            (Tags{{"x", kNumbers}, {"codes", kE2m1}, {"scales", kE8m0}}));
  for (const std::string form : {"fp8", "fp8_transposed"}) {
    EXPECT_EQ(tags_of(("flatten_quant(form=" + form + ")").c_str()),
              (Tags{{"x", kNumbers}, {"codes", kE4m3fn}, {"scales", kNumbers}}));
    EXPECT_EQ(tags_of(("flatten_quant(form=" + form + ",format=e4m3fnuz)").c_str()),
              (Tags{{"x", kNumbers}, {"codes", kE4m3fnuz}, {"scales", kNumbers}}));
  }
}

// The header's rule, whatever the op: unsigned integers have a format, everything else is plain.
TEST(Abi, ExactlyTheUnsignedOperandsOfAnyOpHaveAFormat) {
  for (const OpEntry& op : ops()) {
    for (const Case& c : testing_support::drawn_cases(*op.model, 60)) {
      for (const Operand& operand : op.model->materialise(c, "strided").operands) {
        EXPECT_EQ(operand.dtype == DType::u8, operand.format != CodeFormat::plain)
            << c.line() << ": " << operand.name;
      }
    }
  }
}

// A convention speaks of what an operand is, not of how it is called.
TEST(Abi, AnOperandIsALogSumExpByItsRole) {
  Problem problem = problem_of("merge_states(T=3,H=2,V=4)");
  problem.operand("prefix_lse").name = "weights";
  problem.operands.push_back(problem.operand("suffix_lse"));
  problem.operands.back().name = "pulse";
  problem.operands.back().role = Role::plain;
  std::map<std::string, std::int64_t> first_extent;
  Foreign foreign([&](const mlacheck_call& call, mlacheck_context&) {
    for (std::int32_t i = 0; i < call.operand_count; ++i) {
      first_extent[call.operands[i].name] = call.operands[i].tensor.shape[0];
    }
    return MLACHECK_OK;
  });
  foreign.subject.conventions.lse_layout = 1;
  foreign.run(problem);
  EXPECT_EQ(first_extent["weights"], 3) << "exchanged: [T, H]";
  EXPECT_EQ(first_extent["suffix_lse"], 3);
  EXPECT_EQ(first_extent["pulse"], 2) << "as it is";
}

struct Request {
  std::vector<std::int64_t> shape;
  DLDataType dtype{kDLFloat, 32, 1};
};

// The status of a run whose subject asks for scratch, and returns what the page tells it to.
Status status_after(const Request& request, std::int32_t* answer = nullptr) {
  Foreign foreign([&](const mlacheck_call&, mlacheck_context& context) {
    DLTensor scratch{};
    const std::int32_t said = context.allocate(&context, "huge", request.dtype,
                                               static_cast<std::int32_t>(request.shape.size()),
                                               request.shape.data(), &scratch);
    if (answer != nullptr) *answer = said;
    if (said == 0) return MLACHECK_OK;
    context.set_error(&context, "my own words");
    return MLACHECK_OUT_OF_MEMORY;
  });
  const auto run = foreign.run(problem_of("merge_states()"));
  EXPECT_EQ(run.harness_error, "");
  return run.status;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(AbiScratch, ARequestWhoseSizeOverflowsIsRefusedWithItsShape) {
  constexpr std::int64_t kOne = 1;
  const std::vector<std::vector<std::int64_t>> shapes{
      {(kOne << 62) - 1, 4},    {(kOne << 61) + 1, 8}, {kOne << 62, 8},
      {kOne << 32, kOne << 32}, {kOne << 62},          {3, kOne << 61, 5, 7, 2}};
  for (const auto& shape : shapes) {
    std::int32_t answer = 0;
    const Status status = status_after({shape}, &answer);
    EXPECT_NE(answer, 0);
    EXPECT_EQ(status.code(), StatusCode::launch_failed);
    EXPECT_EQ(status.message().rfind("scratch huge: f32[" + std::to_string(shape[0]), 0), 0U)
        << status.message();
    EXPECT_TRUE(has(status.message(), "2^63 or more bytes")) << status.message();
  }
  // Fits 63 bits, and no address space.
  const Status absurd = status_after({{kOne << 50}});
  EXPECT_TRUE(has(absurd.message(), "has 4503599627370496 bytes")) << absurd.message();
  EXPECT_TRUE(has(absurd.message(), "2^47")) << absurd.message();
  // 0 in any place is nothing at all, whatever the other extents are.
  EXPECT_TRUE(status_after({{kOne << 62, kOne << 62, 0}}).ok());
  EXPECT_TRUE(status_after({{0, kOne << 62, 8}}).ok());
  EXPECT_TRUE(status_after({{16}}).ok());
}

TEST(AbiScratch, TooMuchForTheMachineIsForTheSubjectToAnswer) {
  const std::int64_t floats = std::int64_t{1} << 40;
  std::int32_t answer = 0;
  const Status status = status_after({{floats}}, &answer);
  EXPECT_NE(answer, 0);
  EXPECT_EQ(status.code(), StatusCode::out_of_memory);
  EXPECT_EQ(status.message(),
            "scratch huge: f32[1099511627776] has 4398046511104 bytes, which there "
            "is no memory for");
  // A subject that does without what it was refused has done nothing wrong.
  Foreign modest([&](const mlacheck_call&, mlacheck_context& context) {
    DLTensor scratch{};
    EXPECT_NE(context.allocate(&context, "huge", {kDLFloat, 32, 1}, 1, &floats, &scratch), 0);
    return MLACHECK_OK;
  });
  const auto run = modest.run(problem_of("merge_states()"));
  EXPECT_TRUE(run.status.ok()) << run.status.message();
  EXPECT_EQ(run.harness_error, "");
  EXPECT_EQ(run.cost.allocations, 0U);
  EXPECT_EQ(run.cost.bytes_allocated, 0U);
}

TEST(AbiScratch, NullsAreRefusedByName) {
  Foreign foreign([](const mlacheck_call&, mlacheck_context& context) {
    EXPECT_NE(context.allocate(&context, "odd", {kDLFloat, 32, 1}, 1, nullptr, nullptr), 0);
    return MLACHECK_OK;
  });
  const auto run = foreign.run(problem_of("merge_states()"));
  EXPECT_EQ(run.status.message(), "scratch odd: no shape for rank 1");
}

std::string refusal_of(const mlacheck_table& table) {
  try {
    import_table(table, nullptr);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

Subject imported(const std::function<void(mlacheck_subject&)>& change) {
  Foreign foreign([](const mlacheck_call&, mlacheck_context&) { return MLACHECK_OK; });
  change(foreign.subject);
  return import_table(foreign.table, nullptr).subjects.front();
}

TEST(AbiTable, AnExactZeroHasASignWhereTheAgreementIsBitwise) {
  const auto signs = [](std::int32_t agreement, std::int32_t zero_sign) {
    return imported([&](mlacheck_subject& subject) {
             subject.agreement = agreement;
             subject.conventions.zero_sign = zero_sign;
           })
        .conventions.zero_has_sign;
  };
  EXPECT_TRUE(signs(MLACHECK_BITWISE, 0));
  EXPECT_FALSE(signs(MLACHECK_WITHIN_BOUND, 0));
  EXPECT_FALSE(signs(MLACHECK_SELF_BITWISE, 0));
  EXPECT_FALSE(signs(MLACHECK_BITWISE, 1));
  EXPECT_TRUE(signs(MLACHECK_WITHIN_BOUND, 2));
}

TEST(AbiTable, WhatVersionTwoAdds) {
  const Subject subject = imported([](mlacheck_subject& s) {
    s.agreement = MLACHECK_SELF_BITWISE;
    s.domain = "layout=dense";
    s.conventions.batch = 1;
    s.numerics.probability_digits = -1;
    s.numerics.operand_digits = 11;
    s.numerics.product_digits = -1;
    s.numerics.exp_error_absolute = 0.25;
    s.numerics.log_error_absolute = 0.5;
    s.numerics.division_error_ulps = 2;
    s.numerics.scale_rule = MLACHECK_SCALE_WITHIN_ULPS;
    s.numerics.scale_error_ulps = 1.5;
    s.numerics.nan_codes = 1;
  });
  EXPECT_EQ(subject.agreement, Agreement::self_bitwise);
  EXPECT_EQ(subject.domain, "layout=dense");
  EXPECT_FALSE(subject.conventions.batch_invariant);
  const Numerics numerics{.probability_digits = Numerics::kOfElementType,
                          .operand_digits = 11,
                          .product_digits = Numerics::kOfElementType,
                          .scale_rule = ScaleOfGroup::within_ulps,
                          .exp_error_absolute = 0.25,
                          .log_error_absolute = 0.5,
                          .division_error_ulps = 2,
                          .scale_error_ulps = 1.5,
                          .any_nan_code = true};
  EXPECT_EQ(subject.numerics, numerics);
  EXPECT_EQ(imported([](mlacheck_subject&) {}).numerics, Numerics{}) << "0 means the defaults";
}

TEST(AbiTable, PresetsOfNumericsAreTaken) {
  const auto taken = [](const mlacheck_numerics& preset) {
    return imported([&](mlacheck_subject& s) { s.numerics = preset; }).numerics;
  };
  EXPECT_EQ(taken(MLACHECK_NUMERICS_IEEE), Numerics{});
  const Numerics fast{.exp_error_ulps = 3,
                      .exp_error_absolute = 0x1.0p-24,
                      .log_error_absolute = 3.6e-7,
                      .division_error_ulps = 2};
  EXPECT_GT(fast.log_error_absolute, std::exp2(-21.41)) << "what CUDA documents of __logf";
  EXPECT_EQ(taken(MLACHECK_NUMERICS_CUDA_FAST_MATH), fast);
  Numerics triton = fast;
  triton.probability_digits = Numerics::kOfElementType;
  triton.truncating_products = true;
  triton.operand_digits = 11;
  triton.scale_rule = ScaleOfGroup::within_ulps;
  triton.scale_error_ulps = 2;
  EXPECT_EQ(taken(MLACHECK_NUMERICS_TRITON), triton);
  EXPECT_EQ(taken(MLACHECK_NUMERICS_FLASHINFER),
            (Numerics{.probability_digits = Numerics::kOfElementType,
                      .exp_error_ulps = 2,
                      .truncating_products = true,
                      .exp_error_absolute = 0x1.0p-24,
                      .log_error_absolute = 0x1.0p-22,
                      .division_error_ulps = 2}));
}

TEST(AbiTable, ANumberOutOfRangeIsRefusedByName) {
  const auto told = [](const std::function<void(mlacheck_numerics&)>& spoil) {
    Foreign foreign([](const mlacheck_call&, mlacheck_context&) { return MLACHECK_OK; });
    spoil(foreign.subject.numerics);
    const std::string text = refusal_of(foreign.table);
    const std::string place = "table of op merge_states for cpu: numerics.";
    EXPECT_EQ(text.rfind(place, 0), 0U) << text;
    return text.substr(std::min(text.size(), place.size()));
  };
  EXPECT_EQ(told([](mlacheck_numerics& n) { n.operand_digits = 7; }),
            "operand_digits is 7 where 0 or a number of bits from 8 to 53 is needed");
  EXPECT_EQ(told([](mlacheck_numerics& n) { n.operand_digits = -1; }),
            "operand_digits is -1 where 0 or a number of bits from 8 to 53 is needed");
  EXPECT_EQ(told([](mlacheck_numerics& n) { n.exp_error_absolute = 2; }),
            "exp_error_absolute is 2.000000 where 0 or an error up to 1 is needed");
  EXPECT_TRUE(has(told([](mlacheck_numerics& n) { n.log_error_absolute = std::nan(""); }),
                  "log_error_absolute is nan where"));
  EXPECT_EQ(told([](mlacheck_numerics& n) { n.scale_rule = 4; }),
            "scale_rule is 4 where one of 0 1 2 3 is needed");
  EXPECT_EQ(told([](mlacheck_numerics& n) { n.scale_error_ulps = 1; }),
            "scale_error_ulps is 1.000000 where 0, where scale_rule is not "
            "MLACHECK_SCALE_WITHIN_ULPS, is needed");
  EXPECT_EQ(told([](mlacheck_numerics& n) { n.nan_codes = 2; }),
            "nan_codes is 2 where one of 0 1 is needed");
}

TEST(AbiTable, EachMessageBeginsWithThePlace) {
  const auto spoiled = [](const std::function<void(Foreign&)>& spoil) {
    Foreign foreign([](const mlacheck_call&, mlacheck_context&) { return MLACHECK_OK; });
    spoil(foreign);
    return refusal_of(foreign.table);
  };
  EXPECT_EQ(spoiled([](Foreign&) {}), "accepted");
  EXPECT_EQ(spoiled([](Foreign& f) { f.table.op = nullptr; }),
            "table of a plug-in: op is null where a name is needed");
  EXPECT_EQ(spoiled([](Foreign& f) { f.table.op = ""; }),
            "table of a plug-in: op is empty where a name is needed");
  EXPECT_EQ(spoiled([](Foreign& f) { f.table.backend = nullptr; }),
            "table of op merge_states: backend is null where a name is needed");
  const std::string place = "table of op merge_states for cpu: ";
  EXPECT_EQ(spoiled([](Foreign& f) { f.subject.variant = nullptr; }),
            place + "subjects.variant is null where a name is needed");
  EXPECT_EQ(spoiled([](Foreign& f) { f.subject.reserved = 99; }),
            place + "subjects.reserved is 99 where 0 is needed: it is reserved");
  EXPECT_EQ(spoiled([](Foreign& f) { f.subject.numerics.reserved = -1; }),
            place + "numerics.reserved is -1 where 0 is needed: it is reserved");
}

}  // namespace
}  // namespace mlacheck
