// A decode step of a layer at the sizes of a real model, without contents but those of its batch.
#pragma once

#include <cstdint>

#include "harness/op/problem.hpp"

namespace mlacheck::bench {

struct LayerShape {
  std::int64_t heads;
  std::int64_t requests;
  std::int64_t tokens;  ///< of each request in the step
  std::int64_t keys;    ///< of each request, those of the step included
  std::int64_t splits;
  // Columns: of the latent vector, of its rope part, of the parts of a head.
  std::int64_t latent = 512;
  std::int64_t rope = 64;
  std::int64_t nope = 128;
  std::int64_t values = 128;
};

/// bf16, pages of 64 tokens, each request with pages of its own, lengths that the host knows.
Problem decode_problem(const LayerShape& shape);

}  // namespace mlacheck::bench
