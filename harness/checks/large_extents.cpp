#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
// come out small. The last product is the first whose blocks of 128 do so, too.
constexpr std::array<Sizes, 7> kLarge{{{65536, 65536},
                                       {32768, 65536},
                                       {65536, 32768},
                                       {65537, 65537},
                                       {1 << 20, 4096},
                                       {4096, 1 << 20},
                                       {1 << 20, 1 << 20}}};

// A product that fits 32 bits. A call with larger sizes may not launch fewer blocks.
constexpr Sizes kModest{2048, 2048};

// One size alone, where a number of 16 or 32 bits comes out negative, small or 1.
constexpr std::array<Sizes, 4> kLong{
    {{40000, 1}, {65537, 1}, {(std::int64_t{1} << 31) + 3, 1}, {(std::int64_t{1} << 32) + 1, 1}}};
constexpr Sizes kShort{256, 1};

struct Pair {
  Extent first;
  std::optional<Extent> second;  // none: the first one alone
  std::int64_t number;           // of the choice
};

// Sizes of the op that cases can have two of, and each of them alone. Of a list's entries the first
// part alone, the tokens of a request: what the others mean lies in contents, which a dry run does
// not have.
std::vector<Pair> pairs_of(const Schema& schema) {
  constexpr std::int64_t kPairs = 1000;  // behind the numbers of operands and distances
  constexpr std::int64_t kMost = 32;
  std::vector<Extent> extents = extents_of(schema);
  std::erase_if(extents, [](const Extent& e) { return e.of_list && e.part > 0; });
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    for (std::size_t j = i; j < extents.size(); ++j) {
      pairs.push_back(
          {extents[i], i == j ? std::nullopt : std::optional(extents[j]),
           kPairs + static_cast<std::int64_t>(i) * kMost + static_cast<std::int64_t>(j)});
    }
  }
  return pairs;
}

// Every size 2. With sizes of 1 a routine may leave out steps, such as what joins several parts.
Case with_extents_of_two(const Case& c) {
  Case small = with_simplest_extents(c);
  for (const Extent& extent : extents_of(c.schema())) {
    if (!extent.of_list) set_extent(small, extent, 2);
  }
  return small;
}

// The problem of a case as it depends on these sizes; nothing where it is no such problem.
std::optional<Extrapolation> extrapolation_of(const Session& session, const Pair& pair) {
  const OpModel& model = session.model();
  // With two sizes, the case's own others make a product of three.
  const Case& own = session.the_case();
  for (const Case& base : {pair.second ? own : with_extents_of_two(own), with_simplest_extents(own),
                           with_simplest_extents(Case(model.schema()))}) {
    const auto problem_of = [&](std::int64_t first, std::int64_t second) -> std::optional<Problem> {
      Case c = base;
      set_extent(c, pair.first, first);
      if (pair.second) set_extent(c, *pair.second, second);
      // A list without entries has no part that could be large.
      if (value_of(pair.first, c) != first ||
          (pair.second && value_of(*pair.second, c) != second)) {
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
  std::string text = pair.first.name + "=" + std::to_string(sizes.first);
  if (pair.second) text += "," + pair.second->name + "=" + std::to_string(sizes.second);
  return text;
}

// Asked for in all. A request that is no number of bytes counts as endless.
std::uint64_t scratch_bytes(const DryRun& run) {
  std::uint64_t sum = 0;
  for (const Tensor& scratch : run.scratch) {
    const auto rank = static_cast<std::size_t>(scratch.rank);
    const auto bytes = dense_bytes(scratch.dtype, std::span(scratch.shape).first(rank));
    if (!bytes) return std::numeric_limits<std::uint64_t>::max();
    sum += static_cast<std::uint64_t>(*bytes);
  }
  return sum;
}

// The same kernels with as many requests for scratch. Of a routine that takes another way for large
// sizes, the amounts cannot be compared.
bool same_way(const DryRun& one, const DryRun& other) {
  const auto kernel = [](const LaunchRecord& launch) { return std::string_view(launch.kernel); };
  return one.scratch.size() == other.scratch.size() &&
         std::ranges::equal(one.launches, other.launches, {}, kernel, kernel);
}

void compare(Session& session, const std::string& large, const DryRun& run,
             const std::string& modest, const DryRun& known) {
  const auto fewer = [&](std::uint64_t here, std::uint64_t there, const std::string& what,
                         const char* kind) {
    if (here >= there) return false;
    session.report(Check::width,
                   large + ": " + std::to_string(here) + " " + what + ", where " + modest +
                       " takes " + std::to_string(there),
                   {}, kind);
    return true;
  };
  if (run.status.code() == StatusCode::launch_failed) {
    session.report(Check::width, large + ": neither refused nor launched: " + run.status.message(),
                   {}, "launch");
  }
  if (!run.status.ok()) return;
  if (fewer(run.blocks, known.blocks, "blocks are launched", "blocks")) return;
  if (!same_way(run, known)) return;
  if (fewer(scratch_bytes(run), scratch_bytes(known), "bytes of scratch are asked for",
            "scratch")) {
    return;
  }
  fewer(run.moved, known.moved, "bytes are said to be filled and copied", "traffic");
}

// Whether an operand takes more addresses than can be had. That is no size to try.
bool is_endless(const Problem& problem) {
  constexpr std::int64_t kMostElements = std::int64_t{1} << 41;
  return std::ranges::any_of(problem.operands, [](const Operand& operand) {
    return operand.layout.storage > kMostElements;
  });
}

bool claimed(const OpModel& model, const Pair& pair, const Sizes& sizes) {
  const auto claims = [&](const Extent& extent, std::int64_t size) {
    const bool entries = extent.of_list && extent.part == Extent::kCount;
    return entries || model.claims(extent.field, std::max(extent.part, 0), size);
  };
  return claims(pair.first, sizes.first) && (!pair.second || claims(*pair.second, sizes.second));
}

// The largest size that the contract has, with the others as simple as can be: it must be accepted. The
// problem itself is made, as some operands have an extent for each group of elements. On the CPU alone: a
// device may have too little shared memory for it, and the host routine is the same one.
void try_greatest(Session& session, const Extent& extent) {
  const OpModel& model = session.model();
  const std::int64_t greatest = model.schema().fields[extent.field].maximum;
  if (!session.backend().name().starts_with("cpu.")) return;
  if (extent.part == Extent::kCount && extent.of_list) return;
  if (!model.claims(extent.field, std::max(extent.part, 0), greatest)) return;
  const auto dry = [&](std::int64_t size) -> std::optional<DryRun> {
    for (const Case& base : {session.the_case(), Case(model.schema())}) {
      Case c = with_simplest_extents(base);
      set_extent(c, extent, size);
      if (value_of(extent, c) != size || !model.inadmissible(c).empty()) continue;
      return dry_run(session.subject(), session.materialise(c), session.backend());
    }
    return std::nullopt;
  };
  const std::optional<DryRun> small = dry(2);
  if (!small || !small->left_out.empty() || !small->status.ok()) return;
  const std::optional<DryRun> large = dry(greatest);
  if (!large || !large->left_out.empty()) return;
  const StatusCode code = large->status.code();
  if (code != StatusCode::invalid_argument && code != StatusCode::launch_failed) return;
  session.report(Check::width,
                 extent.name + "=" + std::to_string(greatest) +
                     ", the most that the contract has: " + large->status.message(),
                 {}, "greatest");
}

void try_sizes(Session& session, const Pair& pair, const Sizes& known,
               std::span<const Sizes> large) {
  const std::optional<Extrapolation> problem = extrapolation_of(session, pair);
  if (!problem) return;
  const auto dry = [&](const Sizes& sizes) {
    return dry_run(session.subject(), problem->at(sizes.first, sizes.second), session.backend());
  };
  const DryRun modest = dry(known);
  if (!modest.left_out.empty()) return session.leave_out(Check::width, modest.left_out);
  if (!modest.status.ok() || modest.blocks == 0) return;
  session.carried_out(Check::width);
  for (const Sizes& sizes : large) {
    if (!claimed(session.model(), pair, sizes)) continue;
    const std::size_t before = session.evidence().findings.size();
    if (is_endless(problem->at(sizes.first, sizes.second))) continue;
    const DryRun run = dry(sizes);
    if (!run.left_out.empty()) return session.leave_out(Check::width, run.left_out);
    compare(session, text_of(pair, sizes), run, text_of(pair, known), modest);
    if (session.evidence().findings.size() > before) return;
  }
}

void try_pair(Session& session, const Pair& pair) {
  if (pair.second) {
    try_sizes(session, pair, kModest, kLarge);
  } else {
    try_greatest(session, pair.first);
    try_sizes(session, pair, kShort, kLong);
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
