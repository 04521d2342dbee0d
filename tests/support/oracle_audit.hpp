// K18: the oracles against a second reference, in 113 bits, written from docs/contracts.md.
//
// Each formula of the audits (oracle_audit_*_test.cpp) is a template over its arithmetic. In Quad
// it says what the exact answer is; in float, in one plain order, it is an honest subject that
// every bound has to let pass. Ceilings are the worst case of the same arithmetic: a bound above it
// would let more pass than any order can err.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "harness/op/model.hpp"
#include "harness/op/oracle.hpp"
#include "harness/subjects/bundled_cases.hpp"

namespace mlacheck::oracle_audit {

using Quad = boost::multiprecision::number<boost::multiprecision::cpp_bin_float_quad::backend_type,
                                           boost::multiprecision::et_off>;
using std::exp;
using std::log;

inline constexpr int kCases = 200;
inline constexpr std::int64_t kLargestCase = 20000;
inline constexpr std::int64_t kElements = 32;  // audited in each output
inline constexpr double kU = 0x1.0p-24;
inline constexpr double kTiny = 0x1.0p-147;
inline constexpr double kInf = std::numeric_limits<double>::infinity();

// A value with the two things that say how well a double and a float can know it.
struct Answer {
  Quad exact = 0;
  double in_float = 0;  // what a plain evaluation in fp32 stores
  // Where a contract names the roundings: what they give, which is the answer of elements whose
  // bound is 0, and of all where the oracle carries them out; and a second evaluation in fp32 that it
  // admits.
  std::optional<double> carried_out{};
  std::optional<double> also_in_float{};
  double slack = 0;      // error that the oracle's own double arithmetic may make
  double ceiling = 0;    // of the bound
  bool bitwise = false;  // the contract says bit for bit, sign of zero included
};

inline double rounded(DType dtype, double value) { return decode(dtype, encode(dtype, value)); }

inline std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

struct Audited {
  std::int64_t elements = 0;
  std::int64_t carried_out = 0;  // of which: by an oracle that carries out roundings
  std::int64_t known = 0;        // of which: it knows all of them
};

// An oracle that carries out roundings has an answer of its own without them. What it says with them
// has to let the same roundings pass, carried out in double.
inline void expect_carries_out(const Operand& output, const ExpectedTensor& oracle,
                               std::int64_t index, const Answer& answer, Audited& audited) {
  const double value = oracle.value[at(index)];
  const double bound = oracle.bound[at(index)];
  const auto exact = static_cast<double>(answer.exact);
  ASSERT_LE(std::fabs(oracle.unrounded[at(index)] - exact), answer.slack);
  ASSERT_TRUE(answer.carried_out);
  const double apart = std::fabs(value - *answer.carried_out);
  ++audited.carried_out;
  if (bound == 0) {
    ASSERT_EQ(rounded(output.dtype, value), rounded(output.dtype, *answer.carried_out));
    ++audited.known;
    return;
  }
  audited.known += apart <= answer.slack ? 1 : 0;
  ASSERT_LE(apart, bound);
  ASSERT_LE(oracle.reach(at(index)), answer.ceiling) << "vacuous";
}

inline void expect_agrees(const Operand& output, const ExpectedTensor& oracle, std::int64_t index,
                          const Answer& answer, const std::string& where, Audited& audited) {
  const double value = oracle.value[at(index)];
  const double bound = oracle.bound[at(index)];
  const bool carries_out = !oracle.unrounded.empty();
  const Quad answered = bound == 0 && answer.carried_out ? Quad(*answer.carried_out) : answer.exact;
  const auto exact = static_cast<double>(answered);
  SCOPED_TRACE(where + " " + output.name + index_text(output.layout.shape, at(index)));
  ASSERT_TRUE(bound >= 0) << bound;
  if (std::isnan(exact)) {
    ASSERT_TRUE(std::isnan(value)) << value;
    return;
  }
  if (std::isinf(exact)) {
    ASSERT_EQ(value, exact);
    return;
  }
  ASSERT_TRUE(std::isfinite(value)) << value << " where " << exact << " is exact";
  ASSERT_TRUE(std::isfinite(bound)) << bound;
  if (carries_out) {
    ASSERT_NO_FATAL_FAILURE(expect_carries_out(output, oracle, index, answer, audited));
  } else {
    ASSERT_LE(std::fabs(static_cast<double>(Quad(value) - answered)), answer.slack) << value;
  }
  ASSERT_LE(bound, answer.ceiling) << "vacuous";
  if (answer.bitwise) {
    ASSERT_EQ(bound, 0);
    ASSERT_EQ(encode(output.dtype, value), encode(output.dtype, exact));
  }
  // Bound 0 asks for the rounded value; else the exact result, stored, has to pass, and so has
  // fp32.
  const double stored = rounded(output.dtype, value);
  for (const double in_float : {answer.in_float, answer.also_in_float.value_or(answer.in_float)}) {
    const double honest = rounded(output.dtype, in_float);
    if (bound == 0) {
      ASSERT_EQ(honest, stored);
    } else if (std::isfinite(stored) && std::isfinite(honest)) {
      ASSERT_LE(std::fabs(stored - value), bound);
      ASSERT_LE(std::fabs(honest - value), bound);
    }
  }
}

// `answer(problem, output, index)` for a spread of the live elements of every output.
using Reference = std::function<Answer(const Problem&, const Operand&, std::int64_t)>;

inline void audit_case(const OpModel& model, const Oracle& oracle, const Case& c,
                       const char* variant, const std::function<Reference(const Problem&)>& prepare,
                       Audited& audited) {
  const Problem problem = model.materialise(c, variant);
  const Expectation expectation = oracle.expect(problem);
  const Reference reference = prepare(problem);
  const auto outputs =
      std::count_if(problem.operands.begin(), problem.operands.end(),
                    [](const Operand& operand) { return operand.access == Access::output; });
  EXPECT_EQ(static_cast<std::ptrdiff_t>(expectation.outputs.size()), outputs) << c.line();
  for (const ExpectedTensor& tensor : expectation.outputs) {
    const Operand& output = problem.operand(tensor.operand);
    const std::int64_t count = output.layout.elements();
    EXPECT_EQ(tensor.value.size(), at(count));
    EXPECT_EQ(tensor.bound.size(), at(count));
    // A stride without a common divisor with the extents reaches all rows and columns.
    const std::int64_t step = std::max<std::int64_t>(1, count / kElements) | 1;
    for (std::int64_t i = 0; i < count && !::testing::Test::HasFailure(); i += step) {
      if (output.cell(at(i)) != Cell::live) continue;
      ++audited.elements;
      expect_agrees(output, tensor, i, reference(problem, output, i), c.line(), audited);
    }
  }
}

inline bool is_small(const OpModel& model, const Case& c, const char* variant) {
  return model.materialise(c, variant).elements() <= kLargestCase;
}

inline void audit(const OpModel& model, const Oracle& oracle, const char* variant,
                  const std::vector<Tile>& tiles,
                  const std::function<Reference(const Problem&)>& prepare) {
  int cases = 0;
  Audited audited;
  for (std::uint64_t stream = 0; cases < kCases; ++stream) {
    ASSERT_LT(stream, 20U * kCases) << "hardly any case is small enough";
    Random random(18, stream);
    const Case c = model.generate(random, tiles);
    if (!is_small(model, c, variant)) continue;
    ++cases;
    audit_case(model, oracle, c, variant, prepare, audited);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(audited.elements, 1000);
  // Most of what is stored on the way must not be near the middle between two numbers.
  EXPECT_GE(audited.known * 4, audited.carried_out * 3);
}

// The required cases too, which are chosen for what draws seldom meet.
inline void audit_required(const OpModel& model, const Oracle& oracle, const char* variant,
                           const std::function<Reference(const Problem&)>& prepare) {
  Audited audited;
  for (const Case& c : required_cases(model.schema().op)) {
    if (!is_small(model, c, variant)) continue;
    audit_case(model, oracle, c, variant, prepare, audited);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(audited.elements, 1000);
}

// The store of a result that is within `inner` of `value`.
inline double with_store(DType dtype, double value, double inner) {
  return inner + 1.01 * (unit_roundoff(dtype) * (std::fabs(value) + inner)) +
         underflow_error(dtype);
}

}  // namespace mlacheck::oracle_audit
