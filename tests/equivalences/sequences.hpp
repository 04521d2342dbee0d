// Whole sequences of several requests, of which prefill and decode steps take any part.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/op/problem.hpp"
#include "harness/op/random.hpp"
#include "tests/equivalences/layer_problems.hpp"

namespace mlacheck::equivalences {

struct LayerSizes {
  DType dtype = DType::f32;
  std::int64_t heads = 1;
  std::int64_t latent = 1;
  std::int64_t nope = 1;
  std::int64_t rope = 0;
  std::int64_t width = 1;
  std::int64_t page = 1;
  double scale = 1;
};

/// Tokens [first, end) of a sequence.
struct Range {
  std::int64_t first = 0;
  std::int64_t end = 0;
  std::int64_t tokens() const { return end - first; }
};

/// Random weights, and for each token of each sequence a query and a latent row.
class Sequences {
 public:
  Sequences(const LayerSizes& sizes, Integers lengths, Random& random);

  const Integers& lengths() const { return lengths_; }

  /// One range for each request. All that comes before a range has been cached, and nothing after it.
  Problem decode(const std::vector<Range>& ranges, std::int64_t splits) const;
  Problem prefill(const std::vector<Range>& ranges, std::int64_t chunk, std::int64_t ranks) const;

  /// Elements of a row of `out`.
  std::size_t row_elements() const { return static_cast<std::size_t>(sizes_.heads * sizes_.width); }

 private:
  using Bits = std::vector<std::uint32_t>;

  Bits draw(Random& random, std::int64_t count, double size) const;
  Operand operand(const char* name, std::vector<std::int64_t> shape, Bits bits) const;
  Bits rows(const std::vector<Bits>& all, const std::vector<Range>& ranges,
            std::int64_t elements) const;
  // Of each request the positions before `ends`, dealt out to ranks in turn.
  Operand cache(const Integers& ends, std::int64_t ranks) const;
  Operand table(const Integers& ends, std::int64_t ranks) const;
  std::int64_t most_pages() const;

  LayerSizes sizes_;
  Integers lengths_;
  std::vector<Bits> q_;  // of each request: [tokens, H, nope + rope]
  std::vector<Bits> latents_;
  Bits w_uk_;
  Bits w_uv_;
};

}  // namespace mlacheck::equivalences
