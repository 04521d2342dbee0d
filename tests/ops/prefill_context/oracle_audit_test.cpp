// K18 for prefill_context: see oracle_audit.hpp. The exact answer of the second reference knows no chunk,
// no rank order and no merge: all of them are one softmax over the keys that a token sees. With the stores
// carried out it deals tokens out one by one, and forms and merges the states of the chunks.
#include "tests/support/oracle_audit.hpp"

#include <map>
#include <memory>

#include "properties/prefill_context/model.hpp"
#include "reference/prefill_context/oracle.hpp"

namespace mlacheck::oracle_audit {
namespace {

struct Layer {
  DType dtype;
  std::vector<double> q, new_kv, kv, w, starts, table, lengths;
  std::int64_t page, rank_pages, table_width, heads, depth, width, latent, expanded, columns;
  std::int64_t ranks, interleave, chunk, context_tokens;
  double scale;

  explicit Layer(const Problem& problem)
      : dtype(problem.operand("out").dtype),
        q(problem.operand("q").values()),
        new_kv(problem.operand("new_kv").values()),
        kv(problem.operand("kv").values()),
        w(problem.operand("w").values()),
        starts(problem.operand("query_start_loc").values()),
        table(problem.operand("block_table").values()),
        lengths(problem.operand("context_lens").values()),
        page(problem.operand("kv").layout.shape[1]),
        rank_pages(problem.operand("kv").layout.shape[0] / problem.integer("ranks")),
        table_width(problem.operand("block_table").layout.shape[1]),
        heads(problem.operand("q").layout.shape[1]),
        depth(problem.operand("q").layout.shape[2]),
        width(problem.operand("out").layout.shape[2]),
        latent(problem.operand("w").layout.shape[1]),
        expanded(problem.operand("w").layout.shape[2]),
        columns(problem.operand("new_kv").layout.shape[1]),
        ranks(problem.integer("ranks")),
        interleave(problem.integer("interleave")),
        chunk(problem.integer("chunk")),
        context_tokens(problem.integer("prefill_tokens_with_context")),
        scale(rounded(DType::f32, problem.real("scale"))) {}

  static std::int64_t whole(double value) { return static_cast<std::int64_t>(value); }

  std::int64_t request_of(std::int64_t token) const {
    std::int64_t r = 0;
    while (whole(starts[at(r + 1)]) <= token) ++r;
    return r;
  }

  std::int64_t context_of(std::int64_t token) const {
    return token < context_tokens ? whole(lengths[at(request_of(token))]) : 0;
  }

  // How many tokens before token j of a context lie on its rank, by dealing them out one after the other.
  std::int64_t position_of(std::int64_t j) const {
    std::int64_t position = 0;
    const std::int64_t rank = j / interleave % ranks;
    for (std::int64_t t = 0; t < j; ++t) position += t / interleave % ranks == rank ? 1 : 0;
    return position;
  }

  std::int64_t chunk_of(std::int64_t j) const {
    std::int64_t of_rank =
        0;  // whole rounds of the interleave, as few as hold `chunk` tokens of all ranks
    while (of_rank * ranks < chunk) of_rank += interleave;
    return position_of(j) / of_rank;
  }

  // Where the latent begins of key j that a token sees: those of the cache come first.
  const double* latent_of(std::int64_t token, std::int64_t j) const {
    const std::int64_t r = request_of(token);
    const std::int64_t context = context_of(token);
    if (j >= context) return &new_kv[at((whole(starts[at(r)]) + j - context) * columns)];
    const std::int64_t rank = j / interleave % ranks;
    const std::int64_t position = position_of(j);
    const std::int64_t id = whole(table[at(r * table_width + position / page)]);
    return &kv[at(((rank * rank_pages + id) * page + position % page) * columns)];
  }

  std::int64_t keys(std::int64_t token) const {
    return context_of(token) + token - whole(starts[at(request_of(token))]) + 1;
  }

  // Column of the up-projection; with `stored` rounded to the element type.
  template <class Real>
  Real projected(const double* latents, std::int64_t head, std::int64_t column, bool stored) const {
    Real sum = 0;
    for (std::int64_t l = 0; l < latent; ++l) {
      sum += static_cast<Real>(latents[l]) *
             static_cast<Real>(w[at((head * latent + l) * expanded + column)]);
    }
    return stored ? static_cast<Real>(rounded(dtype, static_cast<double>(sum))) : sum;
  }
};

// All keys of one token and head.
template <class Real>
struct Attention {
  std::vector<Real> logits;
  std::vector<std::vector<Real>> values;  // of each key
  Real mass = 0;
  std::vector<Real> weight;

  Attention(const Layer& layer, std::int64_t token, std::int64_t head, bool stored) {
    for (std::int64_t j = 0; j < layer.keys(token); ++j) {
      const double* const latents = layer.latent_of(token, j);
      const std::int64_t nope = layer.expanded - layer.width;
      Real sum = 0;
      for (std::int64_t c = 0; c < layer.depth; ++c) {
        const Real key = c < nope ? layer.projected<Real>(latents, head, c, stored)
                                  : static_cast<Real>(latents[layer.latent + c - nope]);
        sum += static_cast<Real>(layer.q[at((token * layer.heads + head) * layer.depth + c)]) * key;
      }
      logits.push_back(sum * static_cast<Real>(layer.scale));
      values.emplace_back();
      for (std::int64_t c = 0; c < layer.width; ++c) {
        values.back().push_back(layer.projected<Real>(latents, head, nope + c, stored));
      }
    }
    const Real highest = *std::max_element(logits.begin(), logits.end());
    for (const Real& s : logits) {
      weight.push_back(exp(Real(s - highest)));
      mass += weight.back();
    }
  }

  Real column(std::int64_t c) const {
    Real sum = 0;
    for (std::size_t j = 0; j < weight.size(); ++j) sum += weight[j] * values[j][at(c)];
    return sum / mass;
  }
};

template <class Real>
struct State {
  std::vector<Real> out;
  Real lse = -std::numeric_limits<Real>::infinity();
};

// Of these keys alone.
template <class Real>
State<Real> state_of(const Attention<Real>& attention, const std::vector<std::int64_t>& keys,
                     std::int64_t width) {
  State<Real> state{std::vector<Real>(at(width), 0)};
  if (keys.empty()) return state;
  Real highest = attention.logits[at(keys.front())];
  for (const std::int64_t j : keys) highest = std::max(highest, attention.logits[at(j)]);
  Real mass = 0;
  for (const std::int64_t j : keys) {
    const Real weight = exp(attention.logits[at(j)] - highest);
    mass += weight;
    for (std::int64_t c = 0; c < width; ++c) {
      state.out[at(c)] += weight * attention.values[at(j)][at(c)];
    }
  }
  for (Real& value : state.out) value /= mass;
  state.lse = highest + log(mass);
  return state;
}

template <class Real>
State<Real> stored(State<Real> state, DType dtype) {
  for (Real& value : state.out) value = static_cast<Real>(rounded(dtype, value));
  return state;
}

template <class Real>
State<Real> merged(const State<Real>& a, const State<Real>& b) {
  if (std::isinf(a.lse)) return b;
  if (std::isinf(b.lse)) return a;
  const Real share = 1 / (1 + exp(b.lse - a.lse));
  State<Real> state = a;
  for (std::size_t c = 0; c < a.out.size(); ++c) {
    state.out[c] = share * a.out[c] + (1 - share) * b.out[c];
  }
  state.lse = std::max(a.lse, b.lse) + std::log1p(exp(-std::fabs(a.lse - b.lse)));
  return state;
}

// A state for each chunk that has keys, stored and merged in turn, and with that of the new tokens at last.
template <class Real>
std::vector<Real> by_chunks(const Layer& layer, std::int64_t token, std::int64_t head) {
  const Attention<Real> attention(layer, token, head, true);
  std::map<std::int64_t, std::vector<std::int64_t>> chunks;
  std::vector<std::int64_t> suffix;
  for (std::int64_t j = 0; j < layer.keys(token); ++j) {
    (j < layer.context_of(token) ? chunks[layer.chunk_of(j)] : suffix).push_back(j);
  }
  State<Real> running;
  for (const auto& [chunk, keys] : chunks) {
    const State<Real> own = stored(state_of(attention, keys, layer.width), layer.dtype);
    running = stored(merged(running, own), layer.dtype);
  }
  State<Real> own = state_of(attention, suffix, layer.width);
  if (!chunks.empty()) own = stored(own, layer.dtype);
  return merged(running, own).out;
}

struct BothWays {
  Attention<Quad> exact;
  std::vector<float> in_float;
  std::vector<double> carried_out;
  double exponent = 0;     // largest error of a logit and its exponential
  double value_error = 0;  // of a stored value
  double largest = 0;      // value
};

// The worst case of every step, for all keys alike.
BothWays both_ways(const Layer& layer, std::int64_t token, std::int64_t head) {
  BothWays both{{layer, token, head, false},
                by_chunks<float>(layer, token, head),
                by_chunks<double>(layer, token, head)};
  const double u = unit_roundoff(layer.dtype);
  const std::int64_t nope = layer.expanded - layer.width;
  double high = -kInf;
  double low = kInf;
  double moved = 0;
  for (std::size_t j = 0; j < both.exact.logits.size(); ++j) {
    const double* const latents = layer.latent_of(token, static_cast<std::int64_t>(j));
    const auto error_of = [&](std::int64_t column) {
      double products = 0;
      for (std::int64_t l = 0; l < layer.latent; ++l) {
        products += std::fabs(latents[l] *
                              layer.w[at((head * layer.latent + l) * layer.expanded + column)]);
      }
      return 1.01 * (u + kU * static_cast<double>(layer.latent + 1)) * products +
             2 * underflow_error(layer.dtype) + kTiny;
    };
    double logit = 0;
    double dot = 0;
    for (std::int64_t c = 0; c < layer.depth; ++c) {
      const double q = std::fabs(layer.q[at((token * layer.heads + head) * layer.depth + c)]);
      const double key =
          c < nope ? std::fabs(static_cast<double>(layer.projected<Quad>(latents, head, c, false)))
                   : std::fabs(latents[layer.latent + c - nope]);
      if (c < nope) logit += q * error_of(c);
      dot += q * key;
    }
    const auto s = static_cast<double>(both.exact.logits[j]);
    moved = std::max(moved,
                     std::fabs(layer.scale) *
                             (1.01 * logit + 2 * kU * static_cast<double>(layer.depth + 1) * dot) +
                         kU * std::fabs(s));
    high = std::max(high, s);
    low = std::min(low, s);
    for (std::int64_t c = 0; c < layer.width; ++c) {
      both.value_error = std::max(both.value_error, error_of(nope + c));
      both.largest =
          std::max(both.largest, std::fabs(static_cast<double>(both.exact.values[j][at(c)])));
    }
  }
  const auto keys = static_cast<double>(both.exact.logits.size());
  both.exponent =
      moved +
      kU * (high - low + 4 + 6 * (keys / 16 + 1) + 8 * keys + std::fabs(high) + std::fabs(low)) +
      1e-40;
  return both;
}

Answer answer_of(const Layer& layer, const BothWays& both, const Operand& output,
                 std::int64_t token, std::int64_t column) {
  Answer answer;
  answer.exact = both.exact.column(column);
  answer.in_float = both.in_float[at(column)];
  answer.carried_out = both.carried_out[at(column)];
  answer.slack = 1e-10 * both.largest;
  // Each state, then each merge, moves weights by the errors of two LSEs at most, and rounds once.
  const auto context = static_cast<double>(layer.context_of(token));
  const double steps = context / static_cast<double>(layer.chunk) + 3;
  const double shift = std::expm1(4 * steps * std::expm1(2 * both.exponent) + 8 * steps * kU);
  const double largest = both.largest + both.value_error;
  const double inner = 2 * both.value_error + 4 * shift * largest +
                       2 * steps * (unit_roundoff(layer.dtype) + 8 * kU) * largest +
                       2 * steps * underflow_error(layer.dtype) + kTiny;
  answer.ceiling = with_store(output.dtype, static_cast<double>(answer.exact), inner);
  return answer;
}

TEST(OracleAudit, PrefillContext) {
  audit(prefill_context::model(), prefill_context::oracle(), "fresh",
        {{"keys", 16}, {"H", 4}, {"latent", 32}}, [](const Problem& problem) -> Reference {
          const Layer layer(problem);
          const auto known = std::make_shared<std::map<std::int64_t, BothWays>>();
          return [layer, known](const Problem&, const Operand& output, std::int64_t index) {
            const std::int64_t row = index / layer.width;
            const std::int64_t token = row / layer.heads;
            auto place = known->find(row);
            if (place == known->end()) {
              place = known->emplace(row, both_ways(layer, token, row % layer.heads)).first;
            }
            return answer_of(layer, place->second, output, token, index % layer.width);
          };
        });
}

}  // namespace
}  // namespace mlacheck::oracle_audit
