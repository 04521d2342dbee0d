// K18 for mla_decode: see oracle_audit.hpp.
#include "tests/support/oracle_audit.hpp"

#include "properties/mla_decode/model.hpp"
#include "reference/mla_decode/oracle.hpp"

namespace mlacheck::oracle_audit {
namespace {

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
        starts(problem.operand("query_start_loc").values()),
        page(problem.operand("kv").layout.shape[1]),
        depth(problem.operand("q").layout.shape[2]),
        latent(problem.integer("latent")),
        heads(problem.operand("q").layout.shape[1]),
        causal(problem.integer("causal") == 1),
        csr(problem.find("kv_indptr") != nullptr),
        scale(rounded(DType::f32, problem.real("scale"))),
        splits(static_cast<double>(problem.integer("splits"))) {
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
  audit(mla_decode::model(), mla_decode::oracle(), "empty",
        {{"keys", 16}, {"H", 4}, {"latent", 64}}, [](const Problem& problem) -> Reference {
          const Paged batch(problem);
          return [batch](const Problem&, const Operand& output, std::int64_t index) {
            const bool of_lse = output.name == "lse_out";
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

}  // namespace
}  // namespace mlacheck::oracle_audit
