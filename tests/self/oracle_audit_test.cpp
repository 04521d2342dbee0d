// K18: the oracles against a second reference, in 113 bits, written from docs/contracts.md.
//
// Each formula below is a template over its arithmetic. In Quad it says what the exact answer is;
// in float, in one plain order, it is an honest subject that every bound has to let pass. Ceilings
// are the worst case of the same arithmetic: a bound above it would let more pass than any order
// can err.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "harness/core/expectation.hpp"
#include "properties/chunked_context.hpp"
#include "properties/decode_expansion.hpp"
#include "properties/merge_states.hpp"
#include "properties/mla_decode.hpp"
#include "properties/op.hpp"
#include "properties/strided_bmm.hpp"
#include "reference/chunked_context.hpp"
#include "reference/decode_expansion.hpp"
#include "reference/merge_states.hpp"
#include "reference/mla_decode.hpp"
#include "reference/strided_bmm.hpp"

namespace mlacheck {
namespace {

using Quad = boost::multiprecision::number<boost::multiprecision::cpp_bin_float_quad::backend_type,
                                           boost::multiprecision::et_off>;
using std::exp;
using std::log;

constexpr int kCases = 200;
constexpr std::int64_t kLargestCase = 20000;
constexpr std::int64_t kElements = 32;  // audited in each output
constexpr double kU = 0x1.0p-24;
constexpr double kTiny = 0x1.0p-147;
constexpr double kInf = std::numeric_limits<double>::infinity();

// A value with the two things that say how well a double and a float can know it.
struct Answer {
  Quad exact = 0;
  double in_float = 0;   // what a plain evaluation in fp32 stores
  double slack = 0;      // error that the oracle's own double arithmetic may make
  double ceiling = 0;    // of the bound
  bool bitwise = false;  // the contract says bit for bit, sign of zero included
};

double rounded(DType dtype, double value) { return decode(dtype, encode(dtype, value)); }

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

void expect_agrees(const Operand& output, const ExpectedTensor& oracle, std::int64_t index,
                   const Answer& answer, const std::string& where) {
  const double value = oracle.value[at(index)];
  const double bound = oracle.bound[at(index)];
  const auto exact = static_cast<double>(answer.exact);
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
  ASSERT_LE(std::fabs(static_cast<double>(Quad(value) - answer.exact)), answer.slack) << value;
  ASSERT_LE(bound, answer.ceiling) << "vacuous";
  if (answer.bitwise) {
    ASSERT_EQ(bound, 0);
    ASSERT_EQ(encode(output.dtype, value), encode(output.dtype, exact));
  }
  // Bound 0 asks for the rounded value; else the exact result, stored, has to pass, and so has
  // fp32.
  const double stored = rounded(output.dtype, value);
  const double honest = rounded(output.dtype, answer.in_float);
  if (bound == 0) {
    ASSERT_EQ(honest, stored);
  } else if (std::isfinite(stored) && std::isfinite(honest)) {
    ASSERT_LE(std::fabs(stored - value), bound);
    ASSERT_LE(std::fabs(honest - value), bound);
  }
}

// `answer(problem, output, index)` for a spread of the live elements of every output.
using Reference = std::function<Answer(const Problem&, const Operand&, std::int64_t)>;

void audit(const OpModel& model, const Oracle& oracle, const char* variant,
           const std::vector<Tile>& tiles,
           const std::function<Reference(const Problem&)>& prepare) {
  int cases = 0;
  std::int64_t elements = 0;
  for (std::uint64_t stream = 0; cases < kCases; ++stream) {
    ASSERT_LT(stream, 20U * kCases) << "hardly any case is small enough";
    Random random(18, stream);
    const Case c = model.generate(random, tiles);
    const Problem problem = model.materialise(c, variant);
    std::int64_t size = 0;
    for (const Operand& operand : problem.operands) size += operand.layout.elements();
    if (size > kLargestCase) continue;
    ++cases;
    const Expectation expectation = oracle.expect(problem);
    const Reference reference = prepare(problem);
    std::size_t outputs = 0;
    for (const Operand& operand : problem.operands) {
      if (operand.access == Access::output) ++outputs;
    }
    ASSERT_EQ(expectation.outputs.size(), outputs) << c.line();
    for (const ExpectedTensor& tensor : expectation.outputs) {
      const Operand& output = problem.operand(tensor.operand);
      const std::int64_t count = output.layout.elements();
      ASSERT_EQ(tensor.value.size(), at(count));
      ASSERT_EQ(tensor.bound.size(), at(count));
      // A stride without a common divisor with the extents reaches all rows and columns.
      const std::int64_t step = std::max<std::int64_t>(1, count / kElements) | 1;
      for (std::int64_t i = 0; i < count; i += step) {
        if (output.cell(at(i)) != Cell::live) continue;
        ++elements;
        expect_agrees(output, tensor, i, reference(problem, output, i), c.line());
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(elements, 1000);
}

// The store of a result that is within `inner` of `value`.
double with_store(DType dtype, double value, double inner) {
  return inner + 1.01 * (unit_roundoff(dtype) * (std::fabs(value) + inner)) +
         underflow_error(dtype);
}

// --- strided_bmm: out[b,n,v] = sum over l of x[b,n,l] w[n,l,v]

template <class Real>
Real dot(const std::vector<double>& x, const std::vector<double>& w, std::int64_t x_first,
         std::int64_t w_first, std::int64_t w_stride, std::int64_t terms) {
  Real sum = 0;
  for (std::int64_t l = 0; l < terms; ++l) {
    sum += static_cast<Real>(x[at(x_first + l)]) * static_cast<Real>(w[at(w_first + l * w_stride)]);
  }
  return sum;
}

TEST(OracleAudit, StridedBmm) {
  audit(strided_bmm_model(), strided_bmm_oracle(), "strided", {{"B", 16}, {"V", 16}, {"L", 16}},
        [](const Problem& problem) -> Reference {
          const std::vector<double> x = problem.operand("x").values();
          const std::vector<double> w = problem.operand("w").values();
          const std::int64_t heads = problem.operand("x").layout.shape[1];
          const std::int64_t terms = problem.operand("x").layout.shape[2];
          const std::int64_t columns = problem.operand("w").layout.shape[2];
          return [=](const Problem&, const Operand& out, std::int64_t index) {
            const std::int64_t row = index / columns;
            const std::int64_t x_first = row * terms;
            const std::int64_t w_first = row % heads * terms * columns + index % columns;
            Answer answer;
            answer.exact = dot<Quad>(x, w, x_first, w_first, columns, terms);
            answer.in_float = dot<float>(x, w, x_first, w_first, columns, terms);
            double magnitude = 0;
            for (std::int64_t l = 0; l < terms; ++l) {
              magnitude += std::fabs(x[at(x_first + l)] * w[at(w_first + l * columns)]);
            }
            const auto count = static_cast<double>(terms);
            const auto value = static_cast<double>(answer.exact);
            answer.slack = 0x1.0p-52 * (count + 1) * magnitude + 1e-320;
            answer.ceiling = with_store(out.dtype, value, 1.01 * count * (kU * magnitude + kTiny));
            answer.bitwise = terms == 0;
            return answer;
          };
        });
}

// --- merge_states

enum class From { prefix, suffix, nothing, nan, both };

From source_of(double prefix_lse, double suffix_lse) {
  if (std::isnan(prefix_lse) || std::isnan(suffix_lse)) return From::nan;
  const bool no_prefix = std::isinf(prefix_lse);
  const bool no_suffix = std::isinf(suffix_lse);
  if (no_prefix && no_suffix) return From::nothing;
  if (no_prefix) return From::suffix;
  return no_suffix ? From::prefix : From::both;
}

template <class Real>
struct State {
  Real out;
  Real lse;
};

// The formula of the contract, word for word, on a row whose two sides count.
template <class Real>
State<Real> blended(const State<Real>& prefix, const State<Real>& suffix) {
  const Real m = prefix.lse > suffix.lse ? prefix.lse : suffix.lse;
  const Real wp = exp(Real(prefix.lse - m));
  const Real ws = exp(Real(suffix.lse - m));
  const Real z = wp + ws;
  return {Real(prefix.out * Real(wp / z) + suffix.out * Real(ws / z)), Real(m + log(z))};
}

template <class Real>
State<Real> merged(const State<Real>& prefix, const State<Real>& suffix) {
  switch (source_of(static_cast<double>(prefix.lse), static_cast<double>(suffix.lse))) {
    case From::prefix:
      return prefix;
    case From::suffix:
      return suffix;
    case From::nothing:
      return {Real(0), Real(-kInf)};
    case From::nan:
      return {Real(std::nan("")), Real(std::nan(""))};
    case From::both:
      break;
  }
  return blended(prefix, suffix);
}

struct Sides {
  std::vector<double> out;
  std::vector<double> lse;  // [N, T]

  Sides(const Problem& problem, const std::string& out_name, const std::string& lse_name)
      : out(problem.operand(out_name).values()), lse(problem.operand(lse_name).values()) {}

  template <class Real>
  State<Real> state(std::int64_t out_index, std::int64_t lse_index) const {
    // Without columns there is an LSE and no value.
    return {static_cast<Real>(out.empty() ? 0.0 : out[at(out_index)]),
            static_cast<Real>(lse[at(lse_index)])};
  }
};

TEST(OracleAudit, MergeStates) {
  audit(merge_states_model(), merge_states_oracle(), "scalar", {{"D", 8}},
        [](const Problem& problem) -> Reference {
          const Sides prefix(problem, "prefix_out", "prefix_lse");
          const Sides suffix(problem, "suffix_out", "suffix_lse");
          const std::vector<std::int64_t> shape = problem.operand("out").layout.shape;
          const std::int64_t context = problem.integer("prefill_tokens_with_context");
          return [=](const Problem&, const Operand& output, std::int64_t index) {
            const bool of_lse = output.name == "lse_out";
            const std::int64_t tokens = shape[0];
            const std::int64_t row = of_lse ? 0 : index / shape[2];
            const std::int64_t token = of_lse ? index % tokens : row / shape[1];
            const std::int64_t head = of_lse ? index / tokens : row % shape[1];
            const std::int64_t lse_index = head * tokens + token;
            const std::int64_t out_index = of_lse ? (token * shape[1] + head) * shape[2] : index;
            const auto p = prefix.state<Quad>(out_index, lse_index);
            const auto s = suffix.state<Quad>(out_index, lse_index);
            const bool copies = token >= context;
            const State<Quad> state = copies ? s : merged(p, s);
            Answer answer;
            answer.exact = of_lse ? state.lse : state.out;
            const auto in_float = merged(prefix.state<float>(out_index, lse_index),
                                         suffix.state<float>(out_index, lse_index));
            answer.in_float = static_cast<double>(of_lse ? in_float.lse : in_float.out);
            if (copies) answer.in_float = static_cast<double>(answer.exact);
            const auto value = static_cast<double>(answer.exact);
            answer.bitwise = copies || source_of(static_cast<double>(p.lse),
                                                 static_cast<double>(s.lse)) != From::both;
            if (answer.bitwise) return answer;
            const auto gap = static_cast<double>(abs(p.lse - s.lse));
            if (of_lse) {
              answer.slack = 1e-12 * std::fabs(value) + 1e-15;
              answer.ceiling = with_store(DType::f32, value, 10 * kU);
            } else {
              const Quad wp = 1 / (1 + exp(Quad(s.lse - p.lse)));
              const Quad ws = 1 / (1 + exp(Quad(p.lse - s.lse)));
              const auto mass = static_cast<double>(wp * abs(p.out) + ws * abs(s.out));
              const auto sides = static_cast<double>(abs(p.out) + abs(s.out));
              // A sum of equal weights that is exact is kept as stored.
              answer.slack = gap == 0 ? unit_roundoff(output.dtype) * std::fabs(value) +
                                            underflow_error(output.dtype)
                                      : 1e-12 * mass + 1e-300 * sides;
              answer.ceiling =
                  with_store(output.dtype, value, kU * (gap + 9) * mass + kTiny * (sides + 1));
            }
            return answer;
          };
        });
}

// --- chunked_context

// The fold; `stored` rounds the running state as the contract has it, or leaves it exact.
template <class Real>
State<Real> folded(const std::vector<Sides>& parts, std::int64_t out_index, std::int64_t lse_index,
                   const std::function<State<Real>(const State<Real>&)>& stored) {
  State<Real> running = parts.front().state<Real>(out_index, lse_index);
  for (std::size_t j = 1; j < parts.size(); ++j) {
    running = merged(running, parts[j].state<Real>(out_index, lse_index));
    if (j + 1 < parts.size()) running = stored(running);
  }
  return running;
}

TEST(OracleAudit, ChunkedContext) {
  audit(chunked_context_model(), chunked_context_oracle(), "fresh", {{"D", 8}},
        [](const Problem& problem) -> Reference {
          std::vector<Sides> parts;
          for (std::int64_t j = 0; j < problem.integer("chunks"); ++j) {
            parts.emplace_back(problem, "chunk_out_" + std::to_string(j),
                               "chunk_lse_" + std::to_string(j));
          }
          parts.emplace_back(problem, "suffix_out", "suffix_lse");
          const std::vector<std::int64_t> shape = problem.operand("out").layout.shape;
          const std::int64_t context = problem.integer("prefill_tokens_with_context");
          return [=](const Problem&, const Operand& output, std::int64_t index) {
            const std::int64_t row = index / shape[2];
            const std::int64_t token = row / shape[1];
            const std::int64_t lse_index = row % shape[1] * shape[0] + token;
            Answer answer;
            if (token >= context) {
              answer.exact = parts.back().state<Quad>(index, lse_index).out;
              answer.in_float = static_cast<double>(answer.exact);
              answer.bitwise = true;
              return answer;
            }
            answer.exact = folded<Quad>(parts, index, lse_index, [](const State<Quad>& state) {
                             return state;
                           }).out;
            const auto in_float = folded<float>(
                parts, index, lse_index, [&](const State<float>& state) -> State<float> {
                  return {static_cast<float>(rounded(output.dtype, static_cast<double>(state.out))),
                          state.lse};
                });
            answer.in_float = static_cast<double>(in_float.out);
            double live = 0;
            double mass = 0;
            double low = kInf;
            double high = -kInf;
            for (const Sides& part : parts) {
              const auto state = part.state<double>(index, lse_index);
              if (!std::isfinite(state.lse)) continue;
              ++live;
              mass = std::max(mass, std::fabs(state.out));
              low = std::min(low, state.lse);
              high = std::max(high, state.lse);
            }
            answer.bitwise = live <= 1;
            if (answer.bitwise) return answer;
            const auto value = static_cast<double>(answer.exact);
            const double u = unit_roundoff(output.dtype);
            // Exact steps keep what is stored: a rounding each. The others are double.
            answer.slack = live * (u * mass + underflow_error(output.dtype));
            const double reach = high - low + std::log(live);
            const double largest = std::max(std::fabs(low), std::fabs(high)) + std::log(live);
            const double lse_error = live * kU * (10 + largest);
            answer.ceiling =
                with_store(output.dtype, value,
                           live * ((1.01 * u + kU * (reach + 9)) * mass + 2 * lse_error * mass +
                                   underflow_error(output.dtype) + kTiny * (2 * mass + 1)));
            return answer;
          };
        });
}

// Without equal LSEs nothing is rounded on the way in the oracle, and its values are those of the
// exact fold to the last digits of double.
TEST(OracleAudit, ChunkedContextToTheLastDigits) {
  int rows = 0;
  for (std::uint64_t stream = 0; stream < 400; ++stream) {
    Random random(19, stream);
    const Case c = chunked_context_model().generate(random, {{"D", 8}});
    const Problem problem = chunked_context_model().materialise(c, "fresh");
    const Operand& out = problem.operand("out");
    if (out.layout.elements() == 0 || out.layout.elements() > kLargestCase / 4) continue;
    std::vector<Sides> parts;
    for (std::int64_t j = 0; j < problem.integer("chunks"); ++j) {
      parts.emplace_back(problem, "chunk_out_" + std::to_string(j),
                         "chunk_lse_" + std::to_string(j));
    }
    parts.emplace_back(problem, "suffix_out", "suffix_lse");
    const Expectation expectation = chunked_context_oracle().expect(problem);
    const std::vector<std::int64_t>& shape = out.layout.shape;
    const std::int64_t context = problem.integer("prefill_tokens_with_context");
    for (std::int64_t row = 0; row < std::min<std::int64_t>(context * shape[1], 40); ++row) {
      const std::int64_t lse_index = row % shape[1] * shape[0] + row / shape[1];
      State<Quad> running = parts.front().state<Quad>(row * shape[2], lse_index);
      bool equal = false;
      double mass = 0;
      double largest = 0;  // an LSE in double is off by this many roundoffs a merge
      for (std::size_t j = 0; j < parts.size(); ++j) {
        const auto part = parts[j].state<Quad>(row * shape[2], lse_index);
        if (!std::isinf(static_cast<double>(part.lse))) {
          mass = std::max(mass, std::fabs(static_cast<double>(part.out)));
          largest = std::max(largest, std::fabs(static_cast<double>(part.lse)));
        }
        if (j == 0) continue;
        equal = equal || running.lse == part.lse;
        running = merged(running, part);
      }
      const auto exact = static_cast<double>(running.out);
      if (equal || !std::isfinite(exact)) continue;
      ++rows;
      const double lost = 0x1.0p-51 * static_cast<double>(parts.size()) * (largest + 10);
      ASSERT_LE(std::fabs(expectation.outputs[0].value[at(row * shape[2])] - exact),
                (1e-12 + lost) * mass)
          << c.line();
    }
  }
  EXPECT_GT(rows, 200);
}

// --- mla_decode

struct Paged {
  std::vector<double> q, kv, starts, table, lengths, page_starts, last;
  std::int64_t page = 1, width = 0, depth = 0, latent = 0, heads = 0;
  bool causal = false;
  bool csr = false;
  double scale = 1;
  double splits = 1;

  explicit Paged(const Problem& problem)
      : q(problem.operand("q").values()),
        kv(problem.operand("kv").values()),
        starts(problem.operand("qo_indptr").values()),
        page(problem.operand("kv").layout.shape[1]),
        depth(problem.operand("q").layout.shape[2]),
        latent(problem.integer("latent")),
        heads(problem.operand("q").layout.shape[1]),
        causal(problem.integer("causal") == 1),
        csr(problem.find("kv_indptr") != nullptr),
        scale(rounded(DType::f32, problem.real("scale"))),
        splits(static_cast<double>(problem.integer("num_splits"))) {
    if (csr) {
      page_starts = problem.operand("kv_indptr").values();
      table = problem.operand("kv_indices").values();
      last = problem.operand("kv_last_page_len").values();
    } else {
      table = problem.operand("block_table").values();
      width = problem.operand("block_table").layout.shape[1];
      lengths = problem.operand("seq_lens").values();
    }
  }

  static std::int64_t whole(double value) { return static_cast<std::int64_t>(value); }

  std::int64_t request_of(std::int64_t row) const {
    std::int64_t r = 0;
    while (whole(starts[at(r + 1)]) <= row) ++r;
    return r;
  }

  std::int64_t visible(std::int64_t row) const {
    const std::int64_t r = request_of(row);
    std::int64_t length = 0;
    if (!csr) {
      length = whole(lengths[at(r)]);
    } else if (const std::int64_t pages = whole(page_starts[at(r + 1)] - page_starts[at(r)])) {
      length = (pages - 1) * page + whole(last[at(r)]);
    }
    const std::int64_t n = whole(starts[at(r + 1)] - starts[at(r)]);
    const std::int64_t i = row - whole(starts[at(r)]);
    return causal ? std::max<std::int64_t>(length - (n - 1 - i), 0) : length;
  }

  double key(std::int64_t row, std::int64_t j, std::int64_t column) const {
    const std::int64_t r = request_of(row);
    const std::int64_t first = csr ? whole(page_starts[at(r)]) : r * width;
    const std::int64_t slot = whole(table[at(first + j / page)]) * page + j % page;
    return kv[at(slot * depth + column)];
  }

  template <class Real>
  std::vector<Real> logits(std::int64_t row, std::int64_t head) const {
    std::vector<Real> result;
    for (std::int64_t j = 0; j < visible(row); ++j) {
      Real sum = 0;
      for (std::int64_t c = 0; c < depth; ++c) {
        sum += static_cast<Real>(q[at((row * heads + head) * depth + c)]) *
               static_cast<Real>(key(row, j, c));
      }
      result.push_back(sum * static_cast<Real>(scale));
    }
    return result;
  }
};

// One row and head; the output column is added up by `column`.
template <class Real>
struct Softmax {
  std::vector<Real> weight;
  Real mass = 0;
  Real lse = Real(-kInf);

  explicit Softmax(const std::vector<Real>& logits) {
    if (logits.empty()) return;
    const Real highest = *std::max_element(logits.begin(), logits.end());
    for (const Real& s : logits) {
      weight.push_back(exp(Real(s - highest)));
      mass += weight.back();
    }
    lse = highest + log(mass);
  }

  Real column(const std::function<double(std::int64_t)>& value) const {
    Real sum = 0;
    for (std::size_t j = 0; j < weight.size(); ++j) {
      sum += weight[j] * static_cast<Real>(value(static_cast<std::int64_t>(j)));
    }
    return weight.empty() ? Real(0) : Real(sum / mass);
  }
};

TEST(OracleAudit, MlaDecode) {
  audit(mla_decode_model(), mla_decode_oracle(), "empty", {{"L", 16}, {"H", 4}, {"latent", 64}},
        [](const Problem& problem) -> Reference {
          const Paged batch(problem);
          return [batch](const Problem&, const Operand& output, std::int64_t index) {
            const bool of_lse = output.name == "lse";
            const std::int64_t group = of_lse ? index : index / batch.latent;
            const std::int64_t row = group / batch.heads;
            const std::int64_t head = group % batch.heads;
            const auto value_of = [&](std::int64_t j) {
              return batch.key(row, j, of_lse ? 0 : index % batch.latent);
            };
            const std::vector<Quad> logits = batch.logits<Quad>(row, head);
            const Softmax<Quad> softmax(logits);
            const Softmax<float> in_float(batch.logits<float>(row, head));
            Answer answer;
            answer.exact = of_lse ? softmax.lse : softmax.column(value_of);
            answer.in_float =
                static_cast<double>(of_lse ? in_float.lse : in_float.column(value_of));
            const auto keys = static_cast<double>(logits.size());
            answer.bitwise = logits.empty();
            if (answer.bitwise) return answer;
            // Largest error of a logit, in units of the roundoff: all products in magnitude.
            double logit = 0;
            double low = kInf;
            double high = -kInf;
            for (std::size_t j = 0; j < logits.size(); ++j) {
              double products = 0;
              for (std::int64_t c = 0; c < batch.depth; ++c) {
                products += std::fabs(batch.q[at(group * batch.depth + c)] *
                                      batch.key(row, static_cast<std::int64_t>(j), c));
              }
              const auto s = static_cast<double>(logits[j]);
              logit = std::max(logit, 1.01 * std::fabs(batch.scale) * products *
                                              static_cast<double>(batch.depth + 1) +
                                          std::fabs(s));
              low = std::min(low, s);
              high = std::max(high, s);
            }
            const auto lse = static_cast<double>(softmax.lse);
            const double tiles = keys / 16 + batch.splits;
            const double exponent = kU * (logit + high - low + 4 + 6 * tiles) + 1e-40;
            // Root mean square errors of the masses, and the few operations of each split.
            const double masses =
                kU * (12.1 * std::sqrt(keys) + 2 * batch.splits + 8 + 4 * std::log(keys + 1));
            const double lse_ceiling =
                std::exp(2 * exponent) * exponent + masses + 2 * kU * (std::fabs(lse) + high - low);
            const double digits = 0x1.0p-52 * (2 * logit + 10 * keys + std::fabs(lse));
            if (of_lse) {
              answer.slack = 1e-12 * std::fabs(lse) + digits;
              answer.ceiling = 2 * lse_ceiling + kTiny;
              return answer;
            }
            double largest = 0;
            const auto mean = static_cast<double>(softmax.column([&](std::int64_t j) {
              largest = std::max(largest, std::fabs(value_of(j)));
              return std::fabs(value_of(j));
            }));
            answer.slack = (1e-12 + 4 * digits) * mean + 1e-50 * largest;
            const double inner = 4 * std::expm1(2 * lse_ceiling) * mean +
                                 2 * kU * (keys + 2) * mean + keys * 2 * kTiny * largest + kTiny;
            answer.ceiling = with_store(output.dtype, static_cast<double>(answer.exact), inner);
            return answer;
          };
        });
}

// --- decode_expansion: integers, counted from the other end

TEST(OracleAudit, DecodeExpansion) {
  audit(decode_expansion_model(), decode_expansion_oracle(), "generic", {},
        [](const Problem& problem) -> Reference {
          const std::vector<double> seq = problem.operand("seq_lens").values();
          const std::vector<double> lens = problem.operand("decode_lens").values();
          const std::vector<double> table = problem.operand("block_table").values();
          const std::int64_t width = problem.operand("block_table").layout.shape[1];
          const std::int64_t wide = problem.operand("expanded_block_table").layout.shape[1];
          return [=](const Problem&, const Operand& output, std::int64_t index) {
            Answer answer;
            answer.bitwise = true;
            const bool of_table = output.name == "expanded_block_table";
            const std::int64_t row = of_table ? index / wide : index;
            std::int64_t last = 0;  // one past the rows of request r
            std::size_t r = 0;
            while (r < lens.size() && (last += std::llround(lens[r])) <= row) ++r;
            if (output.name == "expanded_decode_lens") {
              answer.exact = 1;
            } else if (r == lens.size()) {
              answer.exact = 0;
            } else if (of_table) {
              answer.exact = table[r * at(width) + at(index % wide)];
            } else {
              const std::int64_t later = last - 1 - row;
              answer.exact = std::max<std::int64_t>(std::llround(seq[r]) - later, 0);
            }
            answer.in_float = static_cast<double>(answer.exact);
            return answer;
          };
        });
}

}  // namespace
}  // namespace mlacheck
