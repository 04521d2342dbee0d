#include "harness/sweep/shrink.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>

namespace mlacheck {
namespace {

class Shrinker {
 public:
  Shrinker(const OpModel& model, const std::function<bool(const Case&)>& still_fails,
           const ShrinkLimits& limits)
      : model_(model), still_fails_(still_fails), limits_(limits) {}

  Shrunk run(const Case& failing) {
    Case current = failing;
    const Case simplest(failing.schema());
    if (auto found = first_failing({simplest}, current)) return {*found, tried_, true};
    while (true) {
      auto next = first_failing(simpler_cases(current), current);
      if (!next && !stopped_) next = first_failing(two_step_cases(current), current);
      if (!next) return {current, tried_, !stopped_};
      current = *std::move(next);
    }
  }

 private:
  std::optional<Case> first_failing(std::vector<Case> candidates, const Case& current) {
    for (Case& candidate : admissible(model_, std::move(candidates))) {
      if (candidate == current || passed_.contains(candidate.line())) continue;
      if (tried_ >= limits_.runs || (limits_.out_of_time && limits_.out_of_time())) {
        stopped_ = true;
        return std::nullopt;
      }
      ++tried_;
      if (still_fails_(candidate)) return std::move(candidate);
      passed_.insert(candidate.line());
    }
    return std::nullopt;
  }

  const OpModel& model_;
  const std::function<bool(const Case&)>& still_fails_;
  const ShrinkLimits& limits_;
  std::set<std::string> passed_;  // no case is tried twice
  int tried_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::vector<Case> admissible(const OpModel& model, std::vector<Case> candidates) {
  std::erase_if(candidates,
                [&](const Case& candidate) { return !model.inadmissible(candidate).empty(); });
  return candidates;
}

Shrunk shrink(const OpModel& model, const Case& failing,
              const std::function<bool(const Case&)>& still_fails, const ShrinkLimits& limits) {
  return Shrinker(model, still_fails, limits).run(failing);
}

}  // namespace mlacheck
