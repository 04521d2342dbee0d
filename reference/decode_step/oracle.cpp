#include "reference/decode_step/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "reference/common/bounds.hpp"
#include "reference/common/dot_bound.hpp"
#include "reference/common/softmax.hpp"
#include "reference/common/stored.hpp"
#include "reference/decode_step/parameters.hpp"
#include "reference/decode_step/product.hpp"
#include "reference/mla_decode/decode_row.hpp"

namespace mlacheck::decode_step {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;

// So many columns of a query may be near the middle between two numbers before they are taken together.
constexpr Index kMostShifts = 64;

// One problem, read once.
class Batch {
 public:
  explicit Batch(const Problem& problem)
      : o_{problem},
        dtype_(o_.out().dtype),
        numerics_(reference::resolved(problem.numerics, dtype_)),
        q_nope_(o_.q_nope().values()),
        q_rope_(o_.q_rope().values()),
        kv_(o_.kv().values()),
        w_uk_(o_.w_uk().values()),
        w_uv_(o_.w_uv().values()),
        seq_lens_(o_.seq_lens().values()),
        table_(o_.block_table().values()),
        decode_lens_(o_.decode_lens().values()) {
    const Parameters p = Parameters::of(problem);
    arithmetic_.scale = static_cast<double>(static_cast<float>(p.scale));
    arithmetic_.splits = p.splits;
    arithmetic_.latent = o_.latent();
    arithmetic_.numerics = numerics_;
    arithmetic_.dtype = dtype_;
  }

  // Rows of q belong to the requests in their order, and what is left over is padding, which sees no
  // key.
  void answer(ExpectedTensor& out) const {
    std::int64_t row = 0;
    for (std::int64_t r = 0; r < o_.requests(); ++r) {
      const ArrayXXd keys = keys_of(r);
      // `later` tokens of the request follow in this step, and are not seen.
      for (std::int64_t later = integer(decode_lens_, r) - 1; later >= 0 && row < o_.tokens();
           --later, ++row) {
        const Index visible = std::max<Index>(keys.rows() - later, 0);
        for (std::int64_t head = 0; head < o_.heads(); ++head) {
          store(row, head, latent_answer(row, head, keys.topRows(visible)), out);
          if (!out.unrounded.empty()) store_unrounded(row, head, keys.topRows(visible), out);
        }
      }
    }
    const KnownRow nothing{ArrayXd::Zero(o_.latent()), ArrayXd::Zero(o_.latent())};
    for (; row < o_.tokens(); ++row) {
      for (std::int64_t head = 0; head < o_.heads(); ++head) store(row, head, nothing, out);
    }
  }

 private:
  static std::int64_t integer(const std::vector<double>& values, std::int64_t at) {
    return static_cast<std::int64_t>(values[static_cast<std::size_t>(at)]);
  }

  ArrayXXd keys_of(std::int64_t r) const {
    if (integer(decode_lens_, r) == 0) return ArrayXXd(0, o_.depth());
    ArrayXXd keys(integer(seq_lens_, r), o_.depth());
    for (Index j = 0; j < keys.rows(); ++j) {
      const std::int64_t page = integer(table_, r * o_.columns() + j / o_.page());
      const std::int64_t at = (page * o_.page() + j % o_.page()) * o_.depth();
      keys.row(j) = Eigen::Map<const ArrayXd>(kv_.data() + at, o_.depth()).transpose();
    }
    return keys;
  }

  static ArrayXd row_of(const std::vector<double>& values, std::int64_t row, std::int64_t columns) {
    return Eigen::Map<const ArrayXd>(values.data() + row * columns, columns);
  }

  KnownRow absorbed(std::int64_t row, std::int64_t head) const {
    const std::int64_t at = row * o_.heads() + head;
    const Weights weights(w_uk_.data() + head * o_.nope() * o_.latent(), o_.nope(), o_.latent(),
                          dtype_, numerics_);
    const KnownRow latent = product({row_of(q_nope_, at, o_.nope()), ArrayXd::Zero(o_.nope())},
                                    weights, dtype_, numerics_, Result::read_back);
    KnownRow query{ArrayXd(o_.depth()), ArrayXd::Zero(o_.depth())};
    query.value << latent.value, row_of(q_rope_, at, o_.rope());
    query.error.head(o_.latent()) = latent.error;
    return query;
  }

  // How the logits move by what is not known of the query: with each column by itself, where these are
  // few, else each as far as all of them may move it.
  mla_decode::KeyErrors key_errors(const KnownRow& query, const ArrayXXd& keys) const {
    // The factor covers what the errors add to the roundings of the dot product: at most 2 u for each
    // of 1024 columns.
    const ArrayXd error = (1 + 0x1.0p-10) * std::fabs(arithmetic_.scale) * query.error;
    const Index open = (error != 0).count();
    mla_decode::KeyErrors errors;
    if (open > kMostShifts) {
      errors.logit = (keys.abs().matrix() * error.matrix()).array();
      return errors;
    }
    errors.shifts.resize(keys.rows(), open);
    Index next = 0;
    for (Index l = 0; l < error.size(); ++l) {
      if (error[l] != 0) errors.shifts.col(next++) = error[l] * keys.col(l);
    }
    return errors;
  }

  // What attention stores, in latent space.
  KnownRow latent_answer(std::int64_t row, std::int64_t head, const ArrayXXd& keys) const {
    const KnownRow query = absorbed(row, head);
    const mla_decode::Row answer =
        mla_decode::attend(query.value, keys, key_errors(query, keys), arithmetic_);
    KnownRow result{answer.out, ArrayXd::Zero(o_.latent())};
    for (Index c = 0; c < o_.latent(); ++c) {
      if (answer.exact) {
        result.value[c] = decode(dtype_, encode(dtype_, answer.out[c]));
      } else {
        const auto [value, error] =
            reference::stored_within(dtype_, answer.out[c], answer.out_error[c]);
        result.value[c] = value;
        result.error[c] = error;
      }
    }
    return result;
  }

  void store(std::int64_t row, std::int64_t head, const KnownRow& latent,
             ExpectedTensor& out) const {
    const Weights weights(w_uv_.data() + head * o_.latent() * o_.width(), o_.latent(), o_.width(),
                          dtype_, numerics_);
    const KnownRow answer = product(latent, weights, dtype_, numerics_, Result::compared);
    for (Index c = 0; c < o_.width(); ++c) {
      const auto at = static_cast<std::size_t>((row * o_.heads() + head) * o_.width() + c);
      out.value[at] = answer.value[c];
      out.bound[at] = answer.error[c];
    }
  }

  // The same in double alone.
  void store_unrounded(std::int64_t row, std::int64_t head, const ArrayXXd& keys,
                       ExpectedTensor& out) const {
    if (keys.rows() == 0) return;
    using Weight =
        Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
    const std::int64_t at = row * o_.heads() + head;
    const Weight w_uk(w_uk_.data() + head * o_.nope() * o_.latent(), o_.nope(), o_.latent());
    const Weight w_uv(w_uv_.data() + head * o_.latent() * o_.width(), o_.latent(), o_.width());
    Eigen::VectorXd query(o_.depth());
    query << w_uk.transpose() * row_of(q_nope_, at, o_.nope()).matrix(),
        row_of(q_rope_, at, o_.rope()).matrix();
    const ArrayXd logits = arithmetic_.scale * (keys.matrix() * query).array();
    const ArrayXd weight = reference::softmax(logits);
    const Eigen::VectorXd latent =
        keys.leftCols(o_.latent()).matrix().transpose() * weight.matrix();
    const Eigen::VectorXd answer = w_uv.transpose() * latent;
    std::copy(answer.begin(), answer.end(), out.unrounded.begin() + at * o_.width());
  }

  Operands<const Problem> o_;
  DType dtype_;
  Numerics numerics_;
  mla_decode::Arithmetic arithmetic_;
  std::vector<double> q_nope_;
  std::vector<double> q_rope_;
  std::vector<double> kv_;
  std::vector<double> w_uk_;
  std::vector<double> w_uv_;
  std::vector<double> seq_lens_;
  std::vector<double> table_;
  std::vector<double> decode_lens_;
};

class StepOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    ExpectedTensor out = ExpectedTensor::like(Operands<const Problem>{problem}.out());
    if (reference::carries_out_store(problem.operand(out.operand).dtype)) {
      out.unrounded.resize(out.value.size());
    }
    if (!out.value.empty()) Batch(problem).answer(out);
    Expectation expectation;
    expectation.outputs.push_back(std::move(out));
    expectation.rule = "probabilistic, " + reference::lambda_text() +
                       ", the steps' stores in 16 bits carried out; what is left open by them is "
                       "carried on in the worst case; exact where a row sees no key, and for exact "
                       "inputs";
    return expectation;
  }
};

}  // namespace

const Oracle& oracle() {
  static const StepOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::decode_step
