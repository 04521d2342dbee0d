#include "reference/prefill_context/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "reference/common/bounds.hpp"
#include "reference/common/softmax.hpp"
#include "reference/common/state_operands.hpp"
#include "reference/common/stored.hpp"
#include "reference/mla_decode/decode_row.hpp"
#include "reference/prefill_context/projection.hpp"
#include "reference/prefill_context/schedule.hpp"

namespace mlacheck::prefill_context {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;
using reference::Bounded;
using reference::ValueRow;

// The part of an attention state that belongs to one query and head.
struct RowState {
  ValueRow out;
  Bounded lse;
};

class PrefillOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override;
};

// One problem, read once.
class Batch {
 public:
  explicit Batch(const Problem& problem)
      : o_{problem},
        p_(Parameters::of(problem)),
        dtype_(o_.out().dtype),
        numerics_(reference::resolved(problem.numerics, dtype_)),
        q_(o_.q().values()),
        new_kv_(o_.new_kv().values()),
        kv_(o_.kv().values()),
        w_(o_.w().values()),
        starts_(o_.query_start_loc().values()),
        table_(o_.block_table().values()),
        lengths_(o_.context_lens().values()) {
    arithmetic_.scale = static_cast<double>(static_cast<float>(p_.scale));
    arithmetic_.latent = o_.width();
    arithmetic_.numerics = numerics_;
    arithmetic_.dtype = dtype_;
  }

  void answer(ExpectedTensor& out) const {
    for (std::int64_t r = 0; r < o_.requests(); ++r) {
      std::vector<ArrayXXd> chunks;
      for (std::int64_t j = 0; j < chunk_count(p_); ++j) {
        chunks.push_back(cached_rows(r, tokens_of_chunk(p_, integer(lengths_, r), j)));
      }
      for (std::int64_t head = 0; head < o_.heads(); ++head) answer(r, head, chunks, out);
    }
  }

 private:
  static std::int64_t integer(const std::vector<double>& values, std::int64_t at) {
    return static_cast<std::int64_t>(values[static_cast<std::size_t>(at)]);
  }

  // The latent rows that lie at these places of request r.
  ArrayXXd cached_rows(std::int64_t r, const std::vector<Place>& places) const {
    const std::int64_t page = o_.kv().layout.shape[1];
    const std::int64_t rank_pages = o_.kv().layout.shape[0] / p_.ranks;
    ArrayXXd rows(std::ssize(places), o_.columns());
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto [rank, position] = places[i];
      const std::int64_t column = position / page;
      const std::int64_t id = integer(table_, r * o_.block_table().layout.shape[1] + column);
      const std::int64_t at = ((rank * rank_pages + id) * page + position % page) * o_.columns();
      rows.row(static_cast<Index>(i)) =
          Eigen::Map<const ArrayXd>(kv_.data() + at, o_.columns()).transpose();
    }
    return rows;
  }

  ArrayXXd new_rows(std::int64_t r) const {
    const std::int64_t first = integer(starts_, r);
    return Eigen::Map<const reference::Rows>(new_kv_.data() + first * o_.columns(),
                                             integer(starts_, r + 1) - first, o_.columns());
  }

  void answer(std::int64_t r, std::int64_t head, const std::vector<ArrayXXd>& chunks,
              ExpectedTensor& out) const {
    const Eigen::Map<const reference::Rows> weights(w_.data() + head * o_.latent() * o_.expanded(),
                                                    o_.latent(), o_.expanded());
    const auto expanded = [&](const ArrayXXd& rows) {
      return expand(rows, weights, o_.width(), dtype_, numerics_);
    };
    std::vector<KeysAndValues> context;
    for (const ArrayXXd& rows : chunks) context.push_back(expanded(rows));
    const KeysAndValues suffix = expanded(new_rows(r));
    const std::int64_t first = integer(starts_, r);
    for (std::int64_t token = first; token < integer(starts_, r + 1); ++token) {
      const Index visible = token - first + 1;
      const RowState own = state_of(token, head, suffix, visible);
      ValueRow row = own.out;
      if (token < p_.context_tokens && !context.empty()) {
        const RowState past = fold(token, head, context);
        row = merged(past, own).out;
      }
      reference::store_row(out, token * o_.heads() + head, row);
      if (out.unrounded.empty()) continue;
      const bool in_cache = token < p_.context_tokens;
      store_unrounded(token, head, in_cache ? context : std::vector<KeysAndValues>{}, suffix,
                      visible, out);
    }
  }

  // One query with the first `visible` rows, as the subject stores it.
  RowState state_of(std::int64_t token, std::int64_t head, const KeysAndValues& rows,
                    Index visible) const {
    const Index width = o_.width();
    ArrayXd query = ArrayXd::Zero(width + o_.depth());
    query.tail(o_.depth()) =
        Eigen::Map<const ArrayXd>(q_.data() + (token * o_.heads() + head) * o_.depth(), o_.depth());
    mla_decode::KeyErrors errors;
    errors.value = rows.error.topRows(visible).leftCols(width);
    // The factor covers what the errors add to the roundings of the dot product: at most 2 u for each
    // of 1024 columns.
    errors.logit = (1 + 0x1.0p-10) * std::fabs(arithmetic_.scale) *
                   (rows.error.topRows(visible).matrix() * query.abs().matrix()).array();
    const mla_decode::Row answer =
        mla_decode::attend(query, rows.value.topRows(visible), errors, arithmetic_);
    RowState state;
    state.lse = {answer.lse, std::isinf(answer.lse) ? 0 : answer.lse_error + 0x1.0p-149};
    state.out = {answer.out, ArrayXd::Zero(width)};
    for (Index c = 0; c < width; ++c) {
      if (answer.exact) {
        state.out.value[c] = decode(dtype_, encode(dtype_, answer.out[c]));
      } else {
        state.out.bound[c] =
            reference::with_output_rounding(dtype_, answer.out[c], answer.out_error[c]);
      }
    }
    return state;
  }

  // One softmax over all keys that the token sees, in double alone.
  void store_unrounded(std::int64_t token, std::int64_t head,
                       const std::vector<KeysAndValues>& context, const KeysAndValues& suffix,
                       Index visible, ExpectedTensor& out) const {
    const Index width = o_.width();
    Index count = visible;
    for (const KeysAndValues& chunk : context) count += chunk.unrounded.rows();
    ArrayXXd rows(count, suffix.unrounded.cols());
    Index next = 0;
    for (const KeysAndValues& chunk : context) {
      rows.middleRows(next, chunk.unrounded.rows()) = chunk.unrounded;
      next += chunk.unrounded.rows();
    }
    rows.bottomRows(visible) = suffix.unrounded.topRows(visible);
    const std::int64_t at = token * o_.heads() + head;
    const Eigen::Map<const Eigen::VectorXd> query(q_.data() + at * o_.depth(), o_.depth());
    const ArrayXd logits =
        arithmetic_.scale * (rows.rightCols(o_.depth()).matrix() * query).array();
    const ArrayXd weight = reference::softmax(logits);
    const Eigen::VectorXd answer = rows.leftCols(width).matrix().transpose() * weight.matrix();
    std::copy(answer.begin(), answer.end(), out.unrounded.begin() + at * width);
  }

  RowState merged(const RowState& prefix, const RowState& suffix) const {
    const reference::LseStep step = reference::merge_lse(prefix.lse, suffix.lse, numerics_);
    return {reference::merge_values(step, prefix.out, suffix.out, dtype_), step.lse};
  }

  RowState fold(std::int64_t token, std::int64_t head,
                const std::vector<KeysAndValues>& chunks) const {
    RowState running = state_of(token, head, chunks.front(), chunks.front().value.rows());
    for (std::size_t j = 1; j < chunks.size(); ++j) {
      running = merged(running, state_of(token, head, chunks[j], chunks[j].value.rows()));
    }
    return running;
  }

  Operands<const Problem> o_;
  Parameters p_;
  DType dtype_;
  Numerics numerics_;
  mla_decode::Arithmetic arithmetic_;
  std::vector<double> q_;
  std::vector<double> new_kv_;
  std::vector<double> kv_;
  std::vector<double> w_;
  std::vector<double> starts_;
  std::vector<double> table_;
  std::vector<double> lengths_;
};

Expectation PrefillOracle::expect(const Problem& problem) const {
  ExpectedTensor out = ExpectedTensor::like(Operands<const Problem>{problem}.out());
  if (reference::carries_out_store(problem.operand(out.operand).dtype)) {
    out.unrounded.resize(out.value.size());
  }
  if (!out.value.empty()) Batch(problem).answer(out);
  Expectation expectation;
  expectation.outputs.push_back(std::move(out));
  expectation.rule =
      "probabilistic, " + reference::lambda_text() +
      ", the store of keys and values in 16 bits carried out; what is left open by it, and the "
      "stores of states, are carried on in the worst case; exact where a token has a single part "
      "of exact inputs";
  return expectation;
}

}  // namespace

const Oracle& oracle() {
  static const PrefillOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::prefill_context
