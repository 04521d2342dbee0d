#include "harness/run/shrink.hpp"

#include <algorithm>

namespace mlacheck {
namespace {

std::vector<Case> admissible_shrinks(const OpModel& model, const Case& c) {
  std::vector<Case> candidates = simpler_cases(c);
  std::erase_if(candidates,
                [&](const Case& candidate) { return !model.inadmissible(candidate).empty(); });
  return candidates;
}

}  // namespace

rc::Gen<Case> case_generator(const OpModel& model, const std::vector<Tile>& tiles) {
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
    return rc::seq::fromContainer(admissible_shrinks(model, c));
  });
}

Shrunk shrink(const OpModel& model, const Case& failing,
              const std::function<bool(const Case&)>& still_fails, int limit) {
  const rc::Shrinkable<Case> root = rc::shrinkable::shrinkRecur(failing, [&model](const Case& c) {
    return rc::seq::fromContainer(admissible_shrinks(model, c));
  });
  int tried = 0;
  const auto found = rc::shrinkable::findLocalMin(root, [&](const Case& c) {
    if (tried >= limit) return false;
    ++tried;
    return still_fails(c);
  });
  return {found.first, tried};
}

bool same_failure(const Evidence& original, const Evidence& evidence) {
  if (!original.crash.empty()) return !evidence.crash.empty();
  if (!original.timeout.empty()) return !evidence.timeout.empty();
  if (original.findings.empty()) return false;
  // K7 is K1 on special values, and the simplest values are ordinary: shrinking may cross over.
  const auto kind = [](Check check) { return check == Check::edge ? Check::shapes : check; };
  const Check wanted = kind(original.findings.front().check);
  return std::any_of(evidence.findings.begin(), evidence.findings.end(),
                     [&](const Finding& finding) { return kind(finding.check) == wanted; });
}

}  // namespace mlacheck
