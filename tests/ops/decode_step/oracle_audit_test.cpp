// K18 for decode_step: see oracle_audit.hpp. The second reference absorbs nothing: it makes keys and
// values of every head from the latents, and attends to those.
#include "tests/support/oracle_audit.hpp"

#include <map>
#include <memory>

#include "properties/decode_step/model.hpp"
#include "reference/decode_step/oracle.hpp"

namespace mlacheck::oracle_audit {
namespace {

struct Layer {
  DType dtype;
  std::vector<double> q_nope, q_rope, kv, w_uk, w_uv, lengths, table, lens;
  std::int64_t page, table_width, tokens, heads, nope, rope, latent, width;
  double scale, splits;

  explicit Layer(const Problem& problem)
      : dtype(problem.operand("out").dtype),
        q_nope(problem.operand("q_nope").values()),
        q_rope(problem.operand("q_rope").values()),
        kv(problem.operand("kv").values()),
        w_uk(problem.operand("w_uk").values()),
        w_uv(problem.operand("w_uv").values()),
        lengths(problem.operand("seq_lens").values()),
        table(problem.operand("block_table").values()),
        lens(problem.operand("decode_lens").values()),
        page(problem.operand("kv").layout.shape[1]),
        table_width(problem.operand("block_table").layout.shape[1]),
        tokens(problem.operand("q_nope").layout.shape[0]),
        heads(problem.operand("q_nope").layout.shape[1]),
        nope(problem.operand("q_nope").layout.shape[2]),
        rope(problem.operand("q_rope").layout.shape[2]),
        latent(problem.operand("w_uk").layout.shape[2]),
        width(problem.operand("out").layout.shape[2]),
        scale(rounded(DType::f32, problem.real("scale"))),
        splits(static_cast<double>(problem.integer("splits"))) {}

  static std::int64_t whole(double value) { return static_cast<std::int64_t>(value); }

  // Of a row: its request, and how many keys it sees. Padding sees none.
  std::pair<std::int64_t, std::int64_t> seen_by(std::int64_t row) const {
    std::int64_t end = 0;
    for (std::size_t r = 0; r < lens.size(); ++r) {
      end += whole(lens[r]);
      if (row < end) {
        return {static_cast<std::int64_t>(r),
                std::max<std::int64_t>(whole(lengths[r]) - (end - 1 - row), 0)};
      }
    }
    return {0, 0};
  }

  const double* latent_of(std::int64_t request, std::int64_t key) const {
    const std::int64_t id = whole(table[at(request * table_width + key / page)]);
    return &kv[at((id * page + key % page) * (latent + rope))];
  }
  double key_weight(std::int64_t head, std::int64_t n, std::int64_t l) const {
    return w_uk[at((head * nope + n) * latent + l)];
  }
  double value_weight(std::int64_t head, std::int64_t l, std::int64_t v) const {
    return w_uv[at((head * latent + l) * width + v)];
  }
  double query(std::int64_t group, std::int64_t n) const { return q_nope[at(group * nope + n)]; }
};

// Exactly, by keys and values of the head.
struct Decompressed {
  std::vector<Quad> weight;
  std::vector<double> logits;
  Quad mass = 0;

  Decompressed(const Layer& layer, std::int64_t group) {
    const std::int64_t head = group % layer.heads;
    const auto [request, keys] = layer.seen_by(group / layer.heads);
    std::vector<Quad> all;
    for (std::int64_t j = 0; j < keys; ++j) {
      const double* const c = layer.latent_of(request, j);
      Quad sum = 0;
      for (std::int64_t n = 0; n < layer.nope; ++n) {
        Quad key = 0;
        for (std::int64_t l = 0; l < layer.latent; ++l) {
          key += Quad(layer.key_weight(head, n, l)) * Quad(c[l]);
        }
        sum += Quad(layer.query(group, n)) * key;
      }
      for (std::int64_t i = 0; i < layer.rope; ++i) {
        sum += Quad(layer.q_rope[at(group * layer.rope + i)]) * Quad(c[layer.latent + i]);
      }
      all.push_back(sum * Quad(layer.scale));
      logits.push_back(static_cast<double>(all.back()));
    }
    if (all.empty()) return;
    const Quad highest = *std::max_element(all.begin(), all.end());
    for (const Quad& s : all) {
      weight.push_back(exp(Quad(s - highest)));
      mass += weight.back();
    }
  }

  Quad column(const Layer& layer, std::int64_t group, std::int64_t v) const {
    if (weight.empty()) return 0;
    const std::int64_t request = layer.seen_by(group / layer.heads).first;
    Quad sum = 0;
    for (std::size_t j = 0; j < weight.size(); ++j) {
      const double* const c = layer.latent_of(request, static_cast<std::int64_t>(j));
      Quad value = 0;
      for (std::int64_t l = 0; l < layer.latent; ++l) {
        value += Quad(c[l]) * Quad(layer.value_weight(group % layer.heads, l, v));
      }
      sum += weight[j] * value;
    }
    return sum / mass;
  }
};

// An honest subject: absorbed, with each step stored in the element type.
template <class Real>
struct Absorbed {
  std::vector<Real> latent_out;

  Absorbed(const Layer& layer, std::int64_t group) {
    const auto stored = [&](Real value) {
      return static_cast<Real>(rounded(layer.dtype, static_cast<double>(value)));
    };
    const auto [request, keys] = layer.seen_by(group / layer.heads);
    std::vector<Real> query;
    for (std::int64_t l = 0; l < layer.latent; ++l) {
      Real sum = 0;
      for (std::int64_t n = 0; n < layer.nope; ++n) {
        sum += static_cast<Real>(layer.query(group, n)) *
               static_cast<Real>(layer.key_weight(group % layer.heads, n, l));
      }
      query.push_back(stored(sum));
    }
    for (std::int64_t i = 0; i < layer.rope; ++i) {
      query.push_back(static_cast<Real>(layer.q_rope[at(group * layer.rope + i)]));
    }
    std::vector<Real> logits;
    for (std::int64_t j = 0; j < keys; ++j) {
      Real sum = 0;
      for (std::size_t c = 0; c < query.size(); ++c) {
        sum += query[c] * static_cast<Real>(layer.latent_of(request, j)[c]);
      }
      logits.push_back(sum * static_cast<Real>(layer.scale));
    }
    latent_out.assign(at(layer.latent), 0);
    if (logits.empty()) return;
    const Real highest = *std::max_element(logits.begin(), logits.end());
    Real mass = 0;
    for (Real& s : logits) mass += s = std::exp(s - highest);
    for (std::int64_t l = 0; l < layer.latent; ++l) {
      Real sum = 0;
      for (std::int64_t j = 0; j < keys; ++j) {
        sum += logits[at(j)] * static_cast<Real>(layer.latent_of(request, j)[l]);
      }
      latent_out[at(l)] = stored(sum / mass);
    }
  }

  Real column(const Layer& layer, std::int64_t group, std::int64_t v) const {
    Real sum = 0;
    for (std::int64_t l = 0; l < layer.latent; ++l) {
      sum += latent_out[at(l)] * static_cast<Real>(layer.value_weight(group % layer.heads, l, v));
    }
    return sum;
  }
};

struct Known {
  Decompressed exact;
  Absorbed<float> in_float;
  Absorbed<double> carried_out;
  double latent_error = 0;  // of what attention stores
  double largest = 0;       // latent

  Known(const Layer& layer, std::int64_t group)
      : exact(layer, group), in_float(layer, group), carried_out(layer, group) {
    const auto [request, keys] = layer.seen_by(group / layer.heads);
    const std::int64_t head = group % layer.heads;
    const double u = unit_roundoff(layer.dtype);
    std::vector<double> query;  // in magnitude: the sum of all products
    for (std::int64_t l = 0; l < layer.latent; ++l) {
      double products = 0;
      for (std::int64_t n = 0; n < layer.nope; ++n) {
        products += std::fabs(layer.query(group, n) * layer.key_weight(head, n, l));
      }
      query.push_back(products);
    }
    double moved = 0;
    double high = -kInf;
    double low = kInf;
    for (std::int64_t j = 0; j < keys; ++j) {
      const double* const c = layer.latent_of(request, j);
      double logit = 0;
      double dot = 0;
      for (std::int64_t l = 0; l < layer.latent; ++l) {
        const double error = 1.01 * (u + kU * static_cast<double>(layer.nope + 1)) * query[at(l)] +
                             2 * underflow_error(layer.dtype) + kTiny;
        logit += error * std::fabs(c[l]);
        dot += query[at(l)] * std::fabs(c[l]);
        largest = std::max(largest, std::fabs(c[l]));
      }
      for (std::int64_t i = 0; i < layer.rope; ++i) {
        dot += std::fabs(layer.q_rope[at(group * layer.rope + i)] * c[layer.latent + i]);
      }
      const double s = exact.logits[at(j)];
      const auto depth = static_cast<double>(layer.latent + layer.rope);
      moved = std::max(moved, std::fabs(layer.scale) * (1.01 * logit + 2 * kU * (depth + 1) * dot) +
                                  kU * std::fabs(s));
      high = std::max(high, s);
      low = std::min(low, s);
    }
    if (keys == 0) return;
    const auto count = static_cast<double>(keys);
    const double steps = layer.splits + 2;
    const double exponent = moved + kU * (high - low + 4 + 6 * (count / 16 + layer.splits) +
                                          8 * count + std::fabs(high) + std::fabs(low));
    const double shift = std::expm1(4 * steps * std::expm1(2 * exponent) + 8 * steps * kU);
    latent_error = 4 * shift * largest + (u + 2 * kU * (count + steps + 4)) * largest +
                   2 * underflow_error(layer.dtype) + kTiny;
  }
};

Answer answer_of(const Layer& layer, const Known& known, const Operand& output, std::int64_t group,
                 std::int64_t column) {
  Answer answer;
  answer.exact = known.exact.column(layer, group, column);
  answer.in_float = static_cast<double>(known.in_float.column(layer, group, column));
  answer.carried_out = known.carried_out.column(layer, group, column);
  double weights = 0;
  for (std::int64_t l = 0; l < layer.latent; ++l) {
    weights += std::fabs(layer.value_weight(group % layer.heads, l, column));
  }
  answer.slack = 1e-10 * known.largest * weights + 1e-320;
  const double terms = static_cast<double>(layer.latent + 2);
  // The latent result may be known to nothing, but a product with no weight is 0.
  if (weights == 0) {
    answer.ceiling = with_store(output.dtype, 0, terms * kTiny);
    return answer;
  }
  const double inner =
      1.01 * weights * (known.latent_error + kU * terms * (known.largest + known.latent_error)) +
      terms * kTiny;
  answer.ceiling = with_store(output.dtype, static_cast<double>(answer.exact), inner);
  return answer;
}

TEST(OracleAudit, DecodeStep) {
  audit(decode_step::model(), decode_step::oracle(), "plain",
        {{"keys", 16}, {"H", 4}, {"latent", 32}}, [](const Problem& problem) -> Reference {
          const Layer layer(problem);
          const auto known = std::make_shared<std::map<std::int64_t, Known>>();
          return [layer, known](const Problem&, const Operand& output, std::int64_t index) {
            const std::int64_t group = index / layer.width;
            auto place = known->find(group);
            if (place == known->end()) place = known->emplace(group, Known(layer, group)).first;
            return answer_of(layer, place->second, output, group, index % layer.width);
          };
        });
}

}  // namespace
}  // namespace mlacheck::oracle_audit
