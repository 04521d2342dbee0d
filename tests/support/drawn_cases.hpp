// The same cases in each run, drawn with the tiles of the bundled CPU kernels.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "harness/op/model.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::testing_support {

/// `count` of them, or as many as 100000 draws have. `wanted` picks, if it is given; another
/// `stream` has other cases.
inline std::vector<Case> drawn_cases(const OpModel& model, int count,
                                     const std::function<bool(const Case&)>& wanted = nullptr,
                                     std::uint64_t stream = 1) {
  const std::vector<Tile> tiles = cpu_subjects(model.schema().op).tiles;
  std::vector<Case> cases;
  for (std::uint64_t i = 0; std::ssize(cases) < count && i < 100000; ++i) {
    Random random(i, stream);
    Case c = model.generate(random, tiles);
    if (wanted == nullptr || wanted(c)) cases.push_back(std::move(c));
  }
  return cases;
}

}  // namespace mlacheck::testing_support
