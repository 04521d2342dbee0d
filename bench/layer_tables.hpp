// What layer_bench times: one table for each op of a layer, or for each of its forms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/layer_sizes.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck::bench {

struct LayerCall {
  std::vector<std::int64_t> sizes;
  Problem problem;
};

struct LayerTable {
  std::string op;
  std::string title;  ///< the op, and its form if it has several
  std::string fixed;  ///< sizes that all rows have in common
  std::string baseline;
  std::string optimised;
  std::vector<std::string> size_names;  ///< of LayerCall::sizes
  std::vector<LayerCall> calls;
};

/// In the order in which a layer has them.
std::vector<LayerTable> layer_tables(const LayerSizes& sizes);

}  // namespace mlacheck::bench
