// What layer_bench is asked to time: ops and their sizes, as options.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/arguments/arguments.hpp"

namespace mlacheck::bench {

inline constexpr const char* kDecodeOp = "decode_step";
inline constexpr const char* kPrefillOp = "prefill_context";
inline constexpr const char* kOutputOp = "output_step";

/// An empty list, or a 0: what suits the backend, by fill_in().
struct LayerSizes {
  std::vector<std::string> ops;
  std::vector<std::int64_t> heads;
  std::vector<std::int64_t> requests;          ///< of a decode step
  std::vector<std::int64_t> prefill_requests;  ///< the same, if those are given
  std::int64_t tokens = 1;                     ///< of each request in a decode step
  std::vector<std::int64_t> keys;              ///< of each of them, those of the step included
  std::int64_t splits = 4;
  std::vector<std::int64_t> context;  ///< cached tokens of each request of a prefill
  std::int64_t new_tokens = 0;        ///< of each of them
  std::int64_t chunks = 4;
  std::int64_t hidden = 0;

  bool has(const std::string& op) const;
};

void add_size_options(CLI::App& app, LayerSizes& sizes);

/// On a GPU the sizes of real models, on the CPU what takes seconds.
void fill_in(LayerSizes& sizes, bool cpu);

/// Throws std::invalid_argument that names the option.
void check(const LayerSizes& sizes);

}  // namespace mlacheck::bench
