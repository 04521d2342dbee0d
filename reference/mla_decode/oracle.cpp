#include "reference/mla_decode/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "reference/common/bounds.hpp"
#include "reference/mla_decode/decode_row.hpp"
#include "reference/mla_decode/parameters.hpp"

namespace mlacheck::mla_decode {
namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;

// The batch as the page map describes it, read once.
class Batch {
 public:
  explicit Batch(const Operands<const Problem>& o)
      : starts_(o.query_start_loc().values()), kv_(o.kv()), kv_values_(kv_.values()) {
    if (o.has_block_table()) {
      table_ = o.block_table().values();
      columns_ = o.block_table().layout.shape[1];
      lengths_ = o.seq_lens().values();
    } else {
      page_starts_ = o.kv_indptr().values();
      table_ = o.kv_indices().values();
      last_ = o.kv_last_page_len().values();
    }
  }

  std::int64_t requests() const { return static_cast<std::int64_t>(starts_.size()) - 1; }
  std::int64_t first_row(std::int64_t r) const { return integer(starts_, r); }
  std::int64_t page_size() const { return kv_.layout.shape[1]; }

  std::int64_t length(std::int64_t r) const {
    if (!lengths_.empty()) return integer(lengths_, r);
    const std::int64_t pages = integer(page_starts_, r + 1) - integer(page_starts_, r);
    return pages == 0 ? 0 : (pages - 1) * page_size() + integer(last_, r);
  }

  // Row j is key j of request r.
  ArrayXXd keys(std::int64_t r) const {
    const Index depth = kv_.layout.shape[2];
    const std::int64_t count = length(r);
    ArrayXXd keys(count, depth);
    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t column = j / page_size();
      const std::int64_t page = lengths_.empty()
                                    ? integer(table_, integer(page_starts_, r) + column)
                                    : integer(table_, r * columns_ + column);
      const std::int64_t at = (page * page_size() + j % page_size()) * depth;
      keys.row(j) = Eigen::Map<const ArrayXd>(kv_values_.data() + at, depth).transpose();
    }
    return keys;
  }

 private:
  static std::int64_t integer(const std::vector<double>& values, std::int64_t at) {
    return static_cast<std::int64_t>(values[static_cast<std::size_t>(at)]);
  }

  std::vector<double> starts_;
  const Operand& kv_;
  std::vector<double> kv_values_;
  std::vector<double> table_;
  std::int64_t columns_ = 0;
  std::vector<double> lengths_;  // empty for CSR
  std::vector<double> page_starts_;
  std::vector<double> last_;
};

class DecodeOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    const Operands o{problem};
    const Batch batch(o);
    const Parameters p = Parameters::of(problem);
    const std::vector<double> queries = o.q().values();
    const Index heads = o.q().layout.shape[1];
    const Index depth = o.q().layout.shape[2];
    const Arithmetic arithmetic{static_cast<double>(static_cast<float>(p.scale)), p.splits,
                                p.latent, reference::resolved(problem.numerics, o.q().dtype),
                                o.q().dtype};

    ExpectedTensor outs = ExpectedTensor::like(o.out());
    ExpectedTensor lses = ExpectedTensor::like(o.lse_out());
    for (std::int64_t r = 0; r < batch.requests(); ++r) {
      const ArrayXXd keys = batch.keys(r);
      const std::int64_t end = batch.first_row(r + 1);
      for (std::int64_t row = batch.first_row(r); row < end; ++row) {
        const std::int64_t hidden = p.causal ? end - 1 - row : 0;
        const Index visible = std::max<std::int64_t>(batch.length(r) - hidden, 0);
        for (Index h = 0; h < heads; ++h) {
          const std::int64_t at = row * heads + h;
          const ArrayXd query = Eigen::Map<const ArrayXd>(queries.data() + at * depth, depth);
          const Row answer = attend(query, keys.topRows(visible), arithmetic);
          store(answer, o.out().dtype, at, outs, lses);
        }
      }
    }
    return {{std::move(outs), std::move(lses)},
            "probabilistic, " + reference::lambda_text() +
                "; rows of exact inputs and empty rows bitwise"};
  }

 private:
  static void store(const Row& answer, DType dtype, std::int64_t at, ExpectedTensor& outs,
                    ExpectedTensor& lses) {
    const Index latent = answer.out.size();
    for (Index c = 0; c < latent; ++c) {
      const auto k = static_cast<std::size_t>(at * latent + c);
      outs.value[k] = answer.out[c];
      outs.bound[k] =
          answer.exact ? 0
                       : reference::with_output_rounding(dtype, answer.out[c], answer.out_error[c]);
    }
    lses.value[static_cast<std::size_t>(at)] = answer.lse;
    lses.bound[static_cast<std::size_t>(at)] =
        std::isinf(answer.lse) ? 0 : answer.lse_error + 0x1.0p-149;
  }
};

}  // namespace

const Oracle& oracle() {
  static const DecodeOracle kOracle;
  return kOracle;
}

}  // namespace mlacheck::mla_decode
