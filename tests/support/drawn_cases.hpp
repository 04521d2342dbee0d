// The same cases in each run, drawn with the tiles of the bundled CPU kernels.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/op/model.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::testing_support {

inline std::vector<Case> drawn_cases(const OpModel& model, int count) {
  const std::vector<Tile> tiles = cpu_subjects(model.schema().op).tiles;
  std::vector<Case> cases;
  for (int i = 0; i < count; ++i) {
    Random random(static_cast<std::uint64_t>(i), 1);
    cases.push_back(model.generate(random, tiles));
  }
  return cases;
}

}  // namespace mlacheck::testing_support
