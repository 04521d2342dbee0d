#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "harness/case/extents.hpp"
#include "harness/checks/dry_run.hpp"
#include "harness/checks/extrapolate.hpp"
#include "harness/checks/units.hpp"
#include "harness/op/pieces.hpp"

namespace mlacheck {
namespace {

struct Sizes {
  std::int64_t first;
  std::int64_t second;
};

// Pairs of sizes. In 32 bits the products of 2^31 and 2^32 are negative or 0, and the larger ones
// come out small.
constexpr std::array<Sizes, 6> kLarge{{{65536, 65536},
                                       {32768, 65536},
                                       {65536, 32768},
                                       {65537, 65537},
                                       {1 << 20, 4096},
                                       {4096, 1 << 20}}};

// A product that fits 32 bits. A call with larger sizes may not launch fewer blocks.
constexpr Sizes kModest{2048, 2048};

struct Pair {
  Extent first;
  Extent second;
  std::int64_t number;  // of the choice
};

// Sizes of the op that cases can have two of. Of a list's entries the first part alone, the tokens of
// a request: what the others mean lies in contents, which a dry run does not have.
std::vector<Pair> pairs_of(const Schema& schema) {
  constexpr std::int64_t kPairs = 1000;  // behind the numbers of operands and distances
  constexpr std::int64_t kMost = 32;
  std::vector<Extent> extents = extents_of(schema);
  std::erase_if(extents, [](const Extent& e) { return e.of_list && e.part > 0; });
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    for (std::size_t j = i + 1; j < extents.size(); ++j) {
      pairs.push_back(
          {extents[i], extents[j],
           kPairs + static_cast<std::int64_t>(i) * kMost + static_cast<std::int64_t>(j)});
    }
  }
  return pairs;
}

// The problem of a case as it depends on two of its sizes; nothing where it is no such problem.
std::optional<Extrapolation> extrapolation_of(const Session& session, const Pair& pair) {
  const OpModel& model = session.model();
  // The case's own other sizes make a product of three.
  for (const Case& base : {session.the_case(), with_simplest_extents(session.the_case()),
                           with_simplest_extents(Case(model.schema()))}) {
    const auto problem_of = [&](std::int64_t first, std::int64_t second) -> std::optional<Problem> {
      Case c = base;
      set_extent(c, pair.first, first);
      set_extent(c, pair.second, second);
      // A list without entries has no part that could be large.
      if (value_of(pair.first, c) != first || value_of(pair.second, c) != second) {
        return std::nullopt;
      }
      if (!model.inadmissible(c).empty()) return std::nullopt;
      return session.materialise(c);
    };
    if (auto found = extrapolate(problem_of)) return found;
  }
  return std::nullopt;
}

std::string text_of(const Pair& pair, const Sizes& sizes) {
  return pair.first.name + "=" + std::to_string(sizes.first) + "," + pair.second.name + "=" +
         std::to_string(sizes.second);
}

void compare(Session& session, const std::string& large, const DryRun& run,
             const std::string& modest, const DryRun& known) {
  if (run.status.code() == StatusCode::launch_failed) {
    session.report(Check::width, large + ": neither refused nor launched: " + run.status.message(),
                   {}, "launch");
  } else if (run.status.ok() && run.blocks < known.blocks) {
    session.report(Check::width,
                   large + ": " + std::to_string(run.blocks) + " blocks are launched, where " +
                       modest + " takes " + std::to_string(known.blocks),
                   {}, "blocks");
  }
}

void try_pair(Session& session, const Pair& pair) {
  const std::optional<Extrapolation> problem = extrapolation_of(session, pair);
  if (!problem) return;
  const auto dry = [&](const Sizes& sizes) {
    return dry_run(session.subject(), problem->at(sizes.first, sizes.second), session.backend());
  };
  const DryRun modest = dry(kModest);
  if (!modest.left_out.empty()) return session.leave_out(Check::width, modest.left_out);
  if (!modest.status.ok() || modest.blocks == 0) return;
  session.carried_out(Check::width);
  for (const Sizes& sizes : kLarge) {
    const std::size_t before = session.evidence().findings.size();
    const DryRun run = dry(sizes);
    if (!run.left_out.empty()) return session.leave_out(Check::width, run.left_out);
    compare(session, text_of(pair, sizes), run, text_of(pair, kModest), modest);
    if (session.evidence().findings.size() > before) return;
  }
}

bool is_asked_for(const BatteryOptions& options, const Pair& pair) {
  return std::find(options.choices.begin(), options.choices.end(),
                   Choice{Check::width, pair.number}) != options.choices.end();
}

}  // namespace

void check_large_extents(Session& session) {
  constexpr std::int64_t kEvery = 16;  // it depends on little of a case
  const BatteryOptions& options = session.options();
  // A host routine that works itself would do so.
  if (!session.backend().can_capture() || session.first()->launches.empty()) return;
  if (has_host_work(session.subject().variant)) return;
  const bool all = options.thorough || options.turn % kEvery == 0;
  for (const Pair& pair : pairs_of(session.model().schema())) {
    if (!all && !is_asked_for(options, pair)) continue;
    const std::size_t before = session.evidence().findings.size();
    session.attempt({Check::width, pair.number}, "large extents");
    try_pair(session, pair);
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
