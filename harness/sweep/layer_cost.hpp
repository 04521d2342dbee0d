// What one layer of a real model costs, by the contracts of the ops that it is made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/op/cost.hpp"

namespace mlacheck {

/// A model on so many ranks, each of which has a part of the heads.
struct LayerModel {
  std::string name;
  std::int64_t heads;
  std::int64_t hidden;  ///< columns of the output projection
};

const std::vector<LayerModel>& layer_models();

/// One call of an op, or one of each.
struct LayerCost {
  std::string op;  ///< empty: of all ops together
  std::string variant;
  Cost cost;  ///< of several calls: sums, and the most that one of them holds
};

/// What the calls that layer_costs() counts are of, for a title. bf16.
std::string layer_workload();

/// Of prefill_context, decode_step and output_step in turn: the baseline, what is optimised, and what
/// each of both costs together. Sizes alone decide, so nothing is run.
std::vector<LayerCost> layer_costs(const LayerModel& model);

}  // namespace mlacheck
