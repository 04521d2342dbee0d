// RapidCheck's generator of an op's cases.
#pragma once

#include <rapidcheck.h>

#include <vector>

#include "harness/subjects/ops.hpp"
#include "harness/sweep/shrink.hpp"

namespace mlacheck {

/// Draws what the model draws, and shrinks as sweeps do: simpler_cases, less what the op calls
/// inadmissible. Values are never shrunk: they follow from the case.
inline rc::Gen<Case> case_generator(const OpModel& model, const std::vector<Tile>& tiles) {
  // RapidCheck supplies the seed of the draw, the model the recipe: sizes, classes and batch
  // members depend on each other in ways that a product of independent generators would mostly
  // discard.
  const auto draw = [&model, tiles](std::uint64_t seed) {
    Random random(seed, stream_of(model.schema().op));
    return model.generate(random, tiles);
  };
  const auto seeds =
      rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()));
  return rc::gen::shrink(rc::gen::map(seeds, draw), [&model](const Case& c) {
    return rc::seq::fromContainer(admissible(model, simpler_cases(c)));
  });
}

}  // namespace mlacheck
